"""What stands in the synthetic street: lamps and signs to be seen, people and cars to be felt as heat."""

import numpy as np

from mgfusion.synthetic.street_surfaces import WALL, Bools, Canvas, Floats, Lamp, illumination

# One walking person of height 1, seen from the front: polygons (x, y) and their heat. Bare skin is hottest.
_PERSON: tuple[tuple[float, tuple[tuple[float, float], ...]], ...] = (
    (0.74, ((-0.10, 0.50), (0.01, 0.50), (-0.02, 0.25), (-0.07, 0.02), (-0.14, 0.00), (-0.13, 0.25))),
    (0.76, ((-0.01, 0.50), (0.10, 0.50), (0.12, 0.26), (0.15, 0.02), (0.08, 0.00), (0.04, 0.25))),
    (0.80, ((-0.12, 0.83), (0.12, 0.83), (0.14, 0.65), (0.11, 0.46), (-0.11, 0.46), (-0.14, 0.65))),
    (
        0.76,
        (
            (-0.11, 0.82),
            (-0.16, 0.78),
            (-0.21, 0.60),
            (-0.20, 0.47),
            (-0.16, 0.47),
            (-0.15, 0.60),
            (-0.10, 0.72),
        ),
    ),
    (
        0.76,
        ((0.11, 0.82), (0.16, 0.78), (0.20, 0.62), (0.22, 0.48), (0.18, 0.47), (0.15, 0.60), (0.10, 0.72)),
    ),
    (0.97, ((-0.20, 0.48), (-0.16, 0.48), (-0.165, 0.43), (-0.20, 0.43))),
    (0.97, ((0.18, 0.48), (0.22, 0.49), (0.22, 0.44), (0.185, 0.43))),
    (0.93, ((-0.035, 0.87), (0.035, 0.87), (0.04, 0.81), (-0.04, 0.81))),
)


def add_person(
    canvas: Canvas,
    lamps: list[Lamp],
    x: float,
    z: float,
    height: float,
    lean: float,
    cloth: Floats | None = None,
) -> None:
    """Someone at (x, z), hot but hardly seen; ``lean`` in (-1, 1) mirrors and narrows.

    Without ``cloth``, the light of the clothes, RGB (3,), they are dark and lit by the lamps.
    """
    if cloth is None:
        cloth = 0.035 * illumination(lamps, np.array([x, 1.0, z - 0.2], np.float32))
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    head = tuple((0.052 * np.cos(a), 0.925 + 0.072 * np.sin(a)) for a in angles)
    for heat, polygon in (*_PERSON, (0.98, head)):
        points = [(x + px * lean * height, py * height, z) for px, py in polygon]
        canvas.hot |= canvas.fill(points, cloth, heat)


def add_car(canvas: Canvas, lamps: list[Lamp], x: float, z: float, front: bool) -> None:
    """A parked car, lights off, engine still hot: seen from its front, or from behind with a hot exhaust."""
    paint = 0.03 * illumination(lamps, np.array([x, 0.8, z], np.float32))

    def part(polygon: tuple[tuple[float, float], ...], light: Floats | None, heat: float) -> Bools:
        return canvas.fill([(x + px, py, z) for px, py in polygon], light, heat)

    def box(left: float, right: float, low: float, high: float) -> tuple[tuple[float, float], ...]:
        return ((left, low), (right, low), (right, high), (left, high))

    hot = part(box(-0.95, 0.95, 0.02, 0.14), paint * 0.2, 0.62)  # warm road under the engine
    for side in (-0.72, 0.72):
        hot |= part(box(side - 0.13, side + 0.13, 0.0, 0.5), paint * 0.3, 0.86)
    body = (
        (-0.92, 0.25),
        (0.92, 0.25),
        (0.95, 0.6),
        (0.90, 0.92),
        (0.80, 1.0),
        (-0.80, 1.0),
        (-0.90, 0.92),
        (-0.95, 0.6),
    )
    hot |= part(body, paint, 0.70)
    part(
        ((-0.80, 1.0), (0.80, 1.0), (0.66, 1.44), (0.55, 1.5), (-0.55, 1.5), (-0.66, 1.44)), paint * 1.2, 0.48
    )
    part(((-0.70, 1.02), (0.70, 1.02), (0.58, 1.40), (-0.58, 1.40)), paint * 0.5, 0.16)
    part(box(-0.26, 0.26, 0.5, 0.62), paint * 3.0, 0.60)
    if front:
        hot |= part(box(-0.55, 0.55, 0.40, 0.72), paint * 0.4, 0.93)
        hot |= part(((-0.78, 0.80), (0.78, 0.80), (0.72, 1.0), (-0.72, 1.0)), paint, 0.84)
    else:
        hot |= part(box(-0.62, -0.46, 0.22, 0.32), paint * 0.2, 1.0)
        hot |= part(box(-0.85, 0.85, 0.22, 0.40), None, 0.80)
    for side in (-0.78, 0.62):
        part(box(side, side + 0.16, 0.74, 0.88), paint * np.array((4.0, 0.8, 0.8), np.float32), 0.62)
    canvas.hot |= hot & (canvas.heat >= 0.6)


def add_lamp(canvas: Canvas, lamp: Lamp) -> None:
    """A street lamp on its post, bright enough to dazzle the visible camera, lukewarm in infrared."""
    foot = lamp.x + (0.55 if lamp.x > 0 else -0.55)
    z, top = lamp.z, lamp.y + 0.25
    dark = np.array((0.010, 0.011, 0.014), np.float32)
    canvas.fill(
        [(foot - 0.05, 0, z), (foot + 0.05, 0, z), (foot + 0.04, top, z), (foot - 0.04, top, z)], dark, 0.24
    )
    canvas.fill(
        [(foot, top - 0.07, z), (foot, top, z), (lamp.x, top, z), (lamp.x, top - 0.07, z)], dark, 0.24
    )
    head = [
        (lamp.x - 0.26, lamp.y, z),
        (lamp.x + 0.26, lamp.y, z),
        (lamp.x + 0.16, top, z),
        (lamp.x - 0.16, top, z),
    ]
    canvas.fill(head, dark, 0.30)
    glass = [(lamp.x - 0.22, lamp.y - 0.10, z), (lamp.x + 0.22, lamp.y - 0.10, z), (lamp.x + 0.24, lamp.y, z)]
    canvas.fill(
        [*glass, (lamp.x - 0.24, lamp.y, z)], 9 * np.array(lamp.colour, np.float32) / max(lamp.colour), 0.46
    )


def add_sign(canvas: Canvas, text: str, colour: tuple[float, float, float], corners: Floats) -> None:
    """A lit sign without heat of its own; corners (4, 3) in metres, clockwise from the top left."""
    import cv2

    (tw, th), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 4.0, 9)
    board = np.zeros((th + base + 70, tw + 90), np.uint8)
    cv2.putText(board, text, (45, th + 40), cv2.FONT_HERSHEY_DUPLEX, 4.0, 255, 9, cv2.LINE_AA)
    cv2.rectangle(board, (14, 14), (board.shape[1] - 15, board.shape[0] - 15), 200, 6)
    bh, bw = board.shape
    source = np.array([(0, 0), (bw, 0), (bw, bh), (0, bh)], np.float32)
    matrix = cv2.getPerspectiveTransform(source, canvas.camera.project(corners))
    size = (canvas.camera.width, canvas.camera.height)
    ink = cv2.warpPerspective(board.astype(np.float32) / 255, matrix, size, flags=cv2.INTER_AREA)[..., None]
    plate = cv2.warpPerspective(np.ones(board.shape, np.float32), matrix, size)[..., None]
    tint = np.array(colour, np.float32)
    canvas.light[:] = canvas.light * (1 - plate) + plate * tint * 0.05 + ink * tint * 1.5
    mask = plate[..., 0] > 0.5
    canvas.heat[mask] = 0.20
    canvas.texture |= mask


def wall_corners(side: int, near: float, far: float, low: float, high: float) -> Floats:
    """Corners of a board flat on the left (-1) or right (1) row of houses, in reading order."""
    first, last = (near, far) if side < 0 else (far, near)
    x = side * (WALL - 0.12)
    return np.array([(x, high, first), (x, high, last), (x, low, last), (x, low, first)], np.float32)


def facing_corners(left: float, right: float, low: float, high: float, z: float) -> Floats:
    """Corners of a board that faces the camera."""
    return np.array([(left, high, z), (right, high, z), (right, low, z), (left, low, z)], np.float32)
