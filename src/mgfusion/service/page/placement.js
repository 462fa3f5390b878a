// How the infrared lies: its edges laid over the visible picture by a 3x3 matrix that arrow keys, buttons, a
// dragging mouse or four points change. Matrices bring infrared pixel centres to visible ones, row by row.
(() => {
  const product = (a, b) => [0, 1, 2].flatMap((r) =>
    [0, 1, 2].map((c) => a[3 * r] * b[c] + a[3 * r + 1] * b[3 + c] + a[3 * r + 2] * b[6 + c]));
  const shift = (x, y) => [1, 0, x, 0, 1, y, 0, 0, 1];
  const moved = (m, [x, y]) => {
    const w = m[6] * x + m[7] * y + m[8];
    return [(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w];
  };
  const panelOf = (node) => node.closest && node.closest(".mgf-placement");
  const sizes = new ResizeObserver((seen) => {
    for (const { target } of seen) draw(target.closest(".mgf-placement"));
  });

  function state(panel) {
    if (!panel.mgf || panel.mgf.about !== panel.dataset.about) {
      const about = JSON.parse(panel.dataset.about);
      panel.mgf = { ...about, about: panel.dataset.about };
      sizes.observe(panel.querySelector(".mgf-stage"));
    }
    return panel.mgf;
  }

  const corners = ({ ir: [w, h] }) => [[-0.5, -0.5], [w - 0.5, -0.5], [w - 0.5, h - 0.5], [-0.5, h - 0.5]];
  function centre(at) {
    const places = corners(at).map((corner) => moved(at.matrix, corner));
    return [0, 1].map((axis) => places.reduce((sum, place) => sum + place[axis], 0) / 4);
  }

  function draw(panel) {
    const at = state(panel);
    const stage = panel.querySelector(".mgf-stage");
    const [vw, vh] = at.vis;
    const scale = stage.clientWidth / vw;
    // the page counts from the picture's corner, and the matrix from the middle of its first pixel
    const m = product([scale, 0, 0, 0, scale, 0, 0, 0, 1], product(shift(0.5, 0.5), product(at.matrix, shift(-0.5, -0.5))));
    for (const laid of stage.querySelectorAll(".mgf-laid")) {
      laid.style.width = `${at.ir[0]}px`;
      laid.style.height = `${at.ir[1]}px`;
      laid.style.transform = `matrix3d(${m[0]},${m[3]},0,${m[6]},${m[1]},${m[4]},0,${m[7]},0,0,1,0,${m[2]},${m[5]},0,${m[8]})`;
    }
    const outline = corners(at).map((corner) => moved(at.matrix, corner).map((v) => v + 0.5).join()).join(" ");
    stage.querySelector("svg").setAttribute("viewBox", `0 0 ${vw} ${vh}`);
    for (const polygon of stage.querySelectorAll("polygon")) polygon.setAttribute("points", outline);
  }

  function tell(panel) {
    const at = state(panel);
    const [a, b, c, d] = corners(at).map((corner) => moved(at.matrix, corner));
    const wide = (Math.hypot(b[0] - a[0], b[1] - a[1]) + Math.hypot(c[0] - d[0], c[1] - d[1])) / 2;
    const turn = (Math.atan2(b[1] - a[1], b[0] - a[0]) * 180) / Math.PI;
    const [x, y] = centre(at).map((v, axis) => Math.round(v - (at.vis[axis] - 1) / 2));
    panel.querySelector(".mgf-lies").textContent =
      `It covers ${((100 * wide) / at.vis[0]).toFixed(1)} % of the width, turned ${turn.toFixed(1).replace(/^-(0\.0)$/, "$1")} degrees, ` +
      `${Math.abs(x)} pixels ${x < 0 ? "left" : "right"} and ${Math.abs(y)} ${y < 0 ? "above" : "below"} the middle.`;
  }

  function change(panel, way) {
    const at = state(panel);
    at.matrix = product(way, at.matrix).map((v, _, all) => v / all[8]);
    draw(panel);
    tell(panel);
  }

  function step(panel, move, many) {
    const at = state(panel);
    const far = many * Math.max(1, Math.round(at.vis[0] / 640));
    const about = (way) => {
      const [x, y] = centre(at);
      return product(shift(x, y), product(way, shift(-x, -y)));
    };
    const turned = (angle) => about([Math.cos(angle), -Math.sin(angle), 0, Math.sin(angle), Math.cos(angle), 0, 0, 0, 1]);
    const scaled = (by) => about([by, 0, 0, 0, by, 0, 0, 0, 1]);
    const small = (0.2 * many * Math.PI) / 180;
    if (move === "reset") at.matrix = at.start;
    const ways = {
      left: () => shift(-far, 0), right: () => shift(far, 0), up: () => shift(0, -far), down: () => shift(0, far),
      larger: () => scaled(1.003 ** many), smaller: () => scaled(1.003 ** -many),
      turn: () => turned(small), back: () => turned(-small), reset: () => shift(0, 0),
    };
    change(panel, ways[move]());
  }

  // What the button beside the panel sends.
  window.mgfPlaced = () => {
    const panel = document.querySelector("#placement .mgf-placement");
    if (!panel) return "";
    const { key, matrix } = state(panel);
    return JSON.stringify({ key, matrix });
  };

  document.addEventListener("load", (event) => {
    const panel = panelOf(event.target);
    if (panel && event.target.closest(".mgf-stage")) draw(panel);
  }, true);

  document.addEventListener("input", (event) => {
    const panel = panelOf(event.target);
    if (!panel) return;
    if (event.target.matches(".mgf-shown"))
      for (const laid of panel.querySelectorAll(".mgf-laid")) laid.hidden = laid.dataset.name !== event.target.value;
    if (event.target.matches("[data-point]")) pointsChanged(panel);
  });

  document.addEventListener("click", (event) => {
    const panel = panelOf(event.target);
    const move = event.target.dataset && event.target.dataset.move;
    if (!panel) return;
    if (move === "clear") {
      for (const input of panel.querySelectorAll("[data-point]")) input.value = "";
      pointsChanged(panel);
    } else if (move) step(panel, move, event.shiftKey ? 10 : 1);
    const pick = event.target.closest(".mgf-pick");
    if (pick) {
      const box = pick.querySelector("img").getBoundingClientRect();
      const [w, h] = state(panel)[pick.dataset.side];
      mark(panel, pick, [((event.clientX - box.left) / box.width) * w - 0.5, ((event.clientY - box.top) / box.height) * h - 0.5]);
    }
  });

  const ARROWS = { ArrowLeft: ["left", "back", -1, 0], ArrowRight: ["right", "turn", 1, 0],
    ArrowUp: ["up", "larger", 0, -1], ArrowDown: ["down", "smaller", 0, 1] };
  document.addEventListener("keydown", (event) => {
    const panel = panelOf(event.target);
    if (!panel) return;
    const many = event.shiftKey ? 10 : 1;
    const arrow = ARROWS[event.key];
    if (event.target.matches(".mgf-stage") && arrow) {
      event.preventDefault();
      step(panel, arrow[event.altKey || event.ctrlKey ? 1 : 0], many);
    } else if (event.target.matches(".mgf-pick") && (arrow || event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      const pick = event.target;
      const size = state(panel)[pick.dataset.side];
      const cross = pick.mgfCross || size.map((side) => Math.floor(side / 2));
      if (!arrow) return mark(panel, pick, cross);
      const far = many * Math.max(1, Math.round(size[0] / 640));
      pick.mgfCross = cross.map((v, axis) => Math.min(size[axis] - 1, Math.max(0, v + far * arrow[2 + axis])));
      place(pick.querySelector(".mgf-cross"), pick.mgfCross, size);
      said(panel, `Cross at ${pick.mgfCross.join(", ")}`);
    }
  });

  let dragged = null; // by a mouse; a finger scrolls
  document.addEventListener("pointerdown", (event) => {
    const stage = event.pointerType !== "touch" && event.target.closest && event.target.closest(".mgf-stage");
    if (stage) dragged = { stage, x: event.clientX, y: event.clientY };
  });
  document.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    const panel = panelOf(dragged.stage);
    const scale = state(panel).vis[0] / dragged.stage.clientWidth;
    const way = shift(scale * (event.clientX - dragged.x), scale * (event.clientY - dragged.y));
    dragged = { stage: dragged.stage, x: event.clientX, y: event.clientY };
    change(panel, way);
  });
  for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, () => { dragged = null; });
  document.addEventListener("dragstart", (event) => {
    if (event.target.closest && event.target.closest(".mgf-stage")) event.preventDefault();
  });

  // Four points

  function said(panel, text) { panel.querySelector(".mgf-told").textContent = text; }

  function place(node, [x, y], [w, h]) {
    node.hidden = false;
    node.style.left = `${(100 * (x + 0.5)) / w}%`;
    node.style.top = `${(100 * (y + 0.5)) / h}%`;
  }

  function given(panel, side) {
    return [0, 1, 2, 3].map((number) => {
      const values = ["x", "y"].map((axis) => panel.querySelector(`[data-point="${number}"][data-side="${side}"][data-axis="${axis}"]`).value);
      return values.includes("") ? null : values.map(Number);
    });
  }

  function mark(panel, pick, at) {
    const side = pick.dataset.side;
    const places = given(panel, side);
    let number = places.indexOf(null);
    if (number < 0) {
      const far = places.map(([x, y]) => Math.hypot(x - at[0], y - at[1]));
      number = far.indexOf(Math.min(...far));
    }
    for (const [axis, value] of [["x", at[0]], ["y", at[1]]])
      panel.querySelector(`[data-point="${number}"][data-side="${side}"][data-axis="${axis}"]`).value = Math.round(value * 10) / 10;
    said(panel, `Point ${number + 1} marked in the ${side === "ir" ? "infrared" : "visible"} picture.`);
    pointsChanged(panel);
  }

  function pointsChanged(panel) {
    const at = state(panel);
    const both = ["ir", "vis"].map((side) => {
      const pick = panel.querySelector(`.mgf-pick[data-side="${side}"]`);
      pick.querySelectorAll(".mgf-mark").forEach((old) => old.remove());
      const places = given(panel, side);
      places.forEach((where, number) => {
        if (!where) return;
        const label = document.createElement("span");
        label.className = "mgf-mark";
        label.textContent = number + 1;
        place(label, where, at[side]);
        pick.append(label);
      });
      return places;
    });
    const left = [0, 1, 2, 3].filter((number) => !both[0][number] || !both[1][number]);
    if (left.length) return;
    const matrix = fitted(both[0], both[1]);
    if (!matrix) return said(panel, "The points lie on a line: mark places that are far apart in both directions.");
    const off = Math.max(...both[0].map((where, number) => {
      const [x, y] = moved(matrix, where);
      return Math.hypot(x - both[1][number][0], y - both[1][number][1]);
    }));
    at.matrix = matrix;
    draw(panel);
    tell(panel);
    said(panel, off > 0.02 * at.vis[0]
      ? `Laid by four points, which don't fit each other: ${off.toFixed(0)} pixels off. Look at their order.`
      : `Laid by four points, which fit to ${off.toFixed(1)} pixels. Look at it above, then fuse.`);
  }

  // The affine transform nearest to the points, as --points makes of four; null where they lie on a line.
  function fitted(from, to) {
    const mean = (places, axis) => places.reduce((sum, where) => sum + where[axis], 0) / places.length;
    const [fx, fy, tx, ty] = [mean(from, 0), mean(from, 1), mean(to, 0), mean(to, 1)];
    let [xx, xy, yy] = [0, 0, 0];
    const sums = [[0, 0], [0, 0]];
    from.forEach(([x, y], number) => {
      const [dx, dy] = [x - fx, y - fy];
      xx += dx * dx; xy += dx * dy; yy += dy * dy;
      [to[number][0] - tx, to[number][1] - ty].forEach((target, axis) => {
        sums[axis][0] += target * dx;
        sums[axis][1] += target * dy;
      });
    });
    const det = xx * yy - xy * xy;
    if (det < 1e-3 * (xx + yy) ** 2) return null;
    const rows = sums.map(([sx, sy]) => [(sx * yy - sy * xy) / det, (sy * xx - sx * xy) / det]);
    const [[a, b], [c, d]] = rows;
    return [a, b, tx - a * fx - b * fy, c, d, ty - c * fx - d * fy, 0, 0, 1];
  }
})();
