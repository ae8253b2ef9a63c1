"""What the app tells the lessons of the terminal that it draws in; empty where there is no app."""

# Texts by name, renewed whenever a lesson is opened and when the window changes:
#   size     columns×rows, as 120×40
#   colours  truecolor, 256, 16 or none
#   signs    narrow or wide: whether θ and → take one cell or two
#   glyphs   braille, quadrant or ascii: what lines are drawn with
#   line     what lies between: tmux, ssh, both or none
SEEN: dict[str, str] = {}
