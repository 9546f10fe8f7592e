// Signing by hand: the strokes of the pen as numbers.
(() => {
  for (const pad of document.querySelectorAll("[data-pad]")) {
    const canvas = pad.querySelector("canvas");
    const kept = pad.querySelector("[data-strokes]");
    const pen = canvas.getContext("2d");
    let strokes = [];
    let stroke = null;
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return [Math.round((event.clientX - box.left) * canvas.width / box.width), Math.round((event.clientY - box.top) * canvas.height / box.height)];
    };
    const keep = () => { kept.value = strokes.length ? JSON.stringify({ width: canvas.width, height: canvas.height, strokes }) : ""; };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      if (!strokes.length) pen.clearRect(0, 0, canvas.width, canvas.height);
      stroke = [at(event)];
      strokes.push(stroke);
      pen.strokeStyle = getComputedStyle(canvas).color;
      pen.lineWidth = 2;
      pen.lineCap = pen.lineJoin = "round";
      pen.beginPath();
      pen.moveTo(...stroke[0]);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!stroke) return;
      const point = at(event);
      stroke.push(point);
      pen.lineTo(...point);
      pen.stroke();
    });
    canvas.addEventListener("pointerup", () => { stroke = null; keep(); });
    pad.querySelector("[data-clear]").addEventListener("click", () => { strokes = []; pen.clearRect(0, 0, canvas.width, canvas.height); keep(); });
  }
})();
