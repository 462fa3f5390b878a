"""The paper's six metrics and FMI as their formulas are written, one after the other: what the package is
timed against.
"""

import numpy as np
from scipy.signal import convolve2d

Array = np.ndarray
SOBEL_X = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def window(size: int, sigma: float) -> Array:
    x = np.arange(size) - size // 2
    k = np.exp(-(x[:, None] ** 2 + x[None, :] ** 2) / (2 * sigma**2))
    return np.asarray(k / k.sum())


def sobel(x: Array) -> tuple[Array, Array]:
    return -convolve2d(x, SOBEL_X, "same"), -convolve2d(x, SOBEL_X.T, "same")


def qabf(f: Array, a: Array, b: Array) -> float:
    def edges(x: Array) -> tuple[Array, Array]:
        sx, sy = sobel(x)
        angle = np.full(x.shape, np.pi / 2)
        angle[sx != 0] = np.arctan(-sy[sx != 0] / sx[sx != 0])
        return np.sqrt(sx**2 + sy**2), angle

    (gf, af), above, below = edges(f), 0.0, 0.0
    for g, angle in (edges(a), edges(b)):
        ratio = np.empty_like(g)
        ratio[g > gf] = gf[g > gf] / g[g > gf]
        ratio[g < gf] = g[g < gf] / gf[g < gf]
        ratio[g == gf] = 255 * gf[g == gf]
        turn = 1 - np.abs(angle - af) / (np.pi / 2)
        q = 0.9994 / (1 + np.exp(-15 * (ratio - 0.5))) * 0.9879 / (1 + np.exp(-22 * (turn - 0.8)))
        above += np.sum(q * g)
        below += np.sum(g)
    return above / below


def qcv(f: Array, a: Array, b: Array) -> float:
    h, w = f.shape
    fx = np.arange(-w + w % 2, w, 2) / w
    fy = np.arange(-h + h % 2, h, 2) / h
    r = np.sqrt((w / 8 * fx[None, :]) ** 2 + (h / 8 * fy[:, None]) ** 2)
    csf = 2.6 * (0.0192 + 0.144 * r) * np.exp(-((0.144 * r) ** 1.1))
    f, a, b = (np.floor((x - x.min()) / (x.max() - x.min()) * 255 + 0.5) for x in (f, a, b))
    above = below = 0.0
    for source in (a, b):
        sx, sy = sobel(source)
        g = np.sqrt(sx**2 + sy**2)
        seen = np.fft.ifft2(np.fft.ifftshift(np.fft.fftshift(np.fft.fft2(source - f)) * csf)).real
        for top in range(0, h, 16):
            for left in range(0, w, 16):
                block = slice(top, top + 16), slice(left, left + 16)
                weight = np.sum(g[block] ** 5)
                above += weight * np.sum(seen[block] ** 2) / 256
                below += weight
    return above / below


def ssim(f: Array, a: Array, b: Array) -> float:
    k, c1, c2 = window(11, 1.5), 2.55**2, 7.65**2

    def one(x: Array, y: Array) -> float:
        mx, my = convolve2d(x, k, "valid"), convolve2d(y, k, "valid")
        vx, vy = convolve2d(x * x, k, "valid") - mx**2, convolve2d(y * y, k, "valid") - my**2
        cov = convolve2d(x * y, k, "valid") - mx * my
        return float(np.mean((2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))))

    return one(a, f) + one(b, f)


def average_gradient(f: Array, a: Array, b: Array) -> float:
    gy, gx = np.gradient(f)
    return float(np.sum(np.sqrt((gx**2 + gy**2) / 2)) / ((f.shape[0] - 1) * (f.shape[1] - 1)))


def vif(f: Array, a: Array, b: Array) -> float:
    def one(ref: Array, dist: Array) -> float:
        seen = there = 0.0
        for scale in range(1, 5):
            size = 2 ** (5 - scale) + 1
            k = window(size, size / 5)
            if scale > 1:
                ref, dist = convolve2d(ref, k, "valid")[::2, ::2], convolve2d(dist, k, "valid")[::2, ::2]
            m1, m2 = convolve2d(ref, k, "valid"), convolve2d(dist, k, "valid")
            s1 = np.maximum(convolve2d(ref * ref, k, "valid") - m1**2, 0)
            s2 = np.maximum(convolve2d(dist * dist, k, "valid") - m2**2, 0)
            cov = convolve2d(ref * dist, k, "valid") - m1 * m2
            g = cov / (s1 + 1e-10)
            sv = s2 - g * cov
            g[s1 < 1e-10], sv[s1 < 1e-10] = 0, s2[s1 < 1e-10]
            s1[s1 < 1e-10] = 0
            g[s2 < 1e-10], sv[s2 < 1e-10] = 0, 0
            sv[g < 0] = s2[g < 0]
            g[g < 0] = 0
            sv = np.maximum(sv, 1e-10)
            seen += np.sum(np.log10(1 + g**2 * s1 / (sv + 2)))
            there += np.sum(np.log10(1 + s1 / 2))
        return seen / there

    return one(a, f) + one(b, f)


def scd(f: Array, a: Array, b: Array) -> float:
    return float(
        np.corrcoef((f - b).ravel(), a.ravel())[0, 1] + np.corrcoef((f - a).ravel(), b.ravel())[0, 1]
    )


def fmi_window(a: Array, f: Array) -> float:
    """FMI of one 3x3 window, flattened by columns."""
    if np.array_equal(a, f):
        return 1.0

    def pdf(x: Array) -> Array:
        x = np.ones(9) if x.max() == x.min() else (x - x.min()) / (x.max() - x.min())
        return np.asarray(x / x.sum())

    p, q = pdf(a), pdf(f)
    cp, cq = np.cumsum(p), np.cumsum(q)
    dp, dq = p - p.mean(), q - q.mean()
    c = 0.0 if np.sum(dp * dq) == 0 else np.sum(dp * dq) / np.sqrt(np.sum(dp**2) * np.sum(dq**2))
    i = np.arange(1, 10)
    sp, sq = (np.sqrt(max(np.sum(i**2 * x) - np.sum(i * x) ** 2, 0)) for x in (p, q))
    bound = np.empty((9, 9))
    for m in range(9):
        for n in range(9):
            bound[m, n] = min(cq[m], cp[n]) if c >= 0 else max(cq[m] + cp[n] - 1, 0)
    weight = 0.0 if c == 0 or sp * sq == 0 else c * sp * sq / np.sum(bound - np.outer(cq, cp))
    joint = 0.0
    for m in range(9):
        for n in range(9):
            d = bound[m, n] - (bound[m - 1, n] if m else 0) - (bound[m, n - 1] if n else 0)
            d = weight * (d + (bound[m - 1, n - 1] if m and n else 0)) + (1 - weight) * q[m] * p[n]
            joint -= d * np.log2(abs(d)) if d else 0
    entropy = sum(-np.sum(x[x > 0] * np.log2(x[x > 0])) for x in (p, q))
    return 0.0 if entropy == joint else 2 * (entropy - joint) / entropy


def fmi(f: Array, a: Array, b: Array) -> float:
    total = []
    for top in range(f.shape[0] - 2):
        for left in range(f.shape[1] - 2):
            at = slice(top, top + 3), slice(left, left + 3)
            total += [fmi_window(s[at].ravel("F"), f[at].ravel("F")) for s in (a, b)]
    return float(np.mean(total))


PLAIN = {
    "Qabf": qabf,
    "Qcv": qcv,
    "SSIM": ssim,
    "AG": average_gradient,
    "VIF": vif,
    "SCD": scd,
}
