"""The colours, RGB, that stand for each source on the page and in the icon; page.css has the first, too."""

INFRARED = (255, 145, 40)
VISIBLE = (50, 130, 255)
