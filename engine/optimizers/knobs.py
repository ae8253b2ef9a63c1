"""Where each number that an optimizer reads stands in the array `knobs`, and what it remembers in `gauge`."""

(
    RATE,  # η, the schedule's factor included
    MOMENTUM,  # μ or β₁
    DECAY,  # β₂ or α
    EPSILON,
    L2,  # coefficient of θ in the gradient
    FLOOR,  # smaller numbers in rows become 0
    LOG_MOMENTUM,
    LOG_DECAY,
    BASE,  # η without its factor
    FACTOR,  # the schedule's
    WEIGHT_DECAY,  # λ of the decay that is no part of the gradient
    PSI,  # Nadam's momentum decay
    THRESHOLD,  # RAdam's smallest ρ
    BOUND,  # AdaBound's last rate
    TIGHTENING,  # and how fast its bounds close
    SWITCH,  # SWATS: updates before the switch, 0 for the paper's criterion
    TOLERANCE,  # of that criterion
    CLIP,  # longest gradient, 0 for any
    NOISE,  # variance of the gradient noise at update 0
    NOISE_DECAY,  # and its power of 1 + t
    INNER,  # Lookahead: updates between two looks, 0 for none
    BLEND,  # and the share that the slow copy moves
) = range(22)
COUNT = 22
GAUGES = 4  # numbers that an optimizer keeps for all of θ
