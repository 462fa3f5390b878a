// The comparing view: a range input moves the border between two pictures, and a pointer, or the arrow keys,
// read temperatures from a map that is drawn nowhere. Listens at the document: views come and go.
(() => {
  const maps = new WeakMap();
  const within = (node) => node.target.closest && node.target.closest(".mgf-view");

  function split(view) {
    const border = view.closest(".mgf").querySelector(".mgf-split").value;
    view.querySelector(".mgf-over").style.clipPath = `inset(0 0 0 ${border}%)`;
    view.querySelector(".mgf-line").style.left = `${border}%`;
  }

  function choose(root, name) {
    for (const picture of root.querySelectorAll(".mgf-under"))
      picture.hidden = picture.dataset.name !== name;
  }

  document.addEventListener("input", (event) => {
    const root = event.target.closest(".mgf");
    if (!root) return;
    if (event.target.matches(".mgf-split")) split(root.querySelector(".mgf-view"));
    if (event.target.matches(".mgf-source")) choose(root, event.target.value);
  });

  // An error is brought into sight, where a small window shows the button that led to it alone.
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes) {
        const alert = node.matches?.("[role=alert]") ? node : node.querySelector?.("[role=alert]");
        alert?.scrollIntoView({ block: "nearest" });
      }
  }).observe(document, { childList: true, subtree: true });

  // A new result keeps what was chosen for the last one.
  document.addEventListener("load", (event) => {
    const root = event.target.closest && event.target.closest(".mgf");
    if (!root) return;
    split(root.querySelector(".mgf-view"));
    choose(root, root.querySelector(".mgf-source:checked").value);
  }, true);

  function map(view) {
    if (!view.dataset.map) return null;
    if (!maps.has(view) || view.mgfMap !== view.dataset.map) {
      view.mgfMap = view.dataset.map;
      const canvas = document.createElement("canvas");
      const picture = new Image();
      maps.set(view, null);
      picture.onload = () => {
        canvas.width = picture.width;
        canvas.height = picture.height;
        const pen = canvas.getContext("2d", { willReadFrequently: true });
        pen.drawImage(picture, 0, 0);
        maps.set(view, pen);
      };
      picture.src = view.dataset.map;
    }
    return maps.get(view);
  }

  function read(view, x, y) {
    const pen = map(view);
    const place = view.querySelector(".mgf-probe");
    const told = view.closest(".mgf").querySelector(".mgf-degrees");
    if (!told) return;
    if (!pen) { told.textContent = "…"; return; }
    const { width, height } = pen.canvas;
    x = Math.min(width - 1, Math.max(0, x));
    y = Math.min(height - 1, Math.max(0, y));
    view.dataset.x = x;
    view.dataset.y = y;
    place.hidden = false;
    place.style.left = `${(100 * (x + 0.5)) / width}%`;
    place.style.top = `${(100 * (y + 0.5)) / height}%`;
    const [high, low, none] = pen.getImageData(x, y, 1, 1).data;
    const degrees = (256 * high + low) / Number(view.dataset.steps) + Number(view.dataset.coldest);
    told.textContent = none ? `no temperature at ${x}, ${y}` : `${degrees.toFixed(1)} °C at ${x}, ${y}`;
  }

  for (const kind of ["pointermove", "pointerdown"])
    document.addEventListener(kind, (event) => {
      const view = within(event);
      if (!view) return;
      const pen = map(view);
      if (!pen) return;
      const box = view.getBoundingClientRect();
      read(view, Math.floor(((event.clientX - box.left) / box.width) * pen.canvas.width),
        Math.floor(((event.clientY - box.top) / box.height) * pen.canvas.height));
    });

  document.addEventListener("keydown", (event) => {
    const view = within(event);
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!view || !step || !view.dataset.map) return;
    event.preventDefault();
    const far = event.shiftKey ? 10 : 1;
    read(view, Number(view.dataset.x || 0) + far * step[0], Number(view.dataset.y || 0) + far * step[1]);
  });
})();
