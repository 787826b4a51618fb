// The icons of the pages: 24 grid, stroke 1.75. A part is a path, "o cx cy r" for a circle, or "q x y w h r" for a rounded rectangle.

const ICONS = {
  home: ["M4 11 12 4l8 7v8a1 1 0 0 1-1 1h-4.5v-5.5h-5V20H5a1 1 0 0 1-1-1z"],
  account: ["q 3 6 18 13 2.5", "M3 10h18M15.5 14.5h2"],
  sweep: ["M3 15c2.2-1.8 4.4-1.8 6 0s3.8 1.8 6 0 4.2-1.8 6 0M3 19.5c2.2-1.8 4.4-1.8 6 0s3.8 1.8 6 0 4.2-1.8 6 0M12 3v8m0 0 3-3m-3 3L9 8"],
  wealth: ["M12.5 7.5c4.2-.6 7 2 7 5.6 0 4-3.4 7.4-7.6 7.4S4.5 17.6 4.5 13.8c0-3.4 2.4-4.1 4.4-5.2 1.3-.7 2-1.1 3.6-1.1zM12.5 7.5c.1-2 1.4-3.6 3.8-4", "M8 14.5c.4 1.5 1.5 2.5 3 2.8"],
  card: ["q 3 5 18 14 2.5", "M3 9.5h18M7 15h3.5"],
  eye: ["M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z", "o 12 12 2.8"],
  right: ["m9.5 6 6 6-6 6"],
  left: ["m14.5 6-6 6 6 6"],
  down: ["m6 9.5 6 6 6-6"],
  check: ["m5 12.5 4.5 4.5L19 7.5"],
  x: ["m6 6 12 12M18 6 6 18"],
  shield: ["M12 3.5 5 6v5.5c0 4.5 3 7.5 7 9 4-1.5 7-4.5 7-9V6z", "m9 12 2.2 2.2L15.3 10"],
  lock: ["q 5 10.5 14 9.5 2.2", "M8 10.5V8a4 4 0 0 1 8 0v2.5"],
  alert: ["M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.01"],
  info: ["o 12 12 8.5", "M12 11v5M12 8v.01"],
  clock: ["o 12 12 8.5", "M12 7v5l3.2 2"],
  phone: ["q 7 3 10 18 2.5", "M11 18h2"],
  refresh: ["M19.5 12a7.5 7.5 0 0 1-13.3 4.8M4.5 12A7.5 7.5 0 0 1 17.8 7.2M18 3.5v4h-4M6 20.5v-4h4"],
  copy: ["q 8.5 8.5 11 11 2", "M5.5 15.5A1.5 1.5 0 0 1 4.5 14V6a1.5 1.5 0 0 1 1.5-1.5h8A1.5 1.5 0 0 1 15.5 5.5"],
  key: ["o 8 15.5 4", "m11 12.5 8-8M16 7.5l3 3M13.5 10l2 2"],
  undo: ["M8.5 5 4.5 9l4 4M4.5 9h9.5a5 5 0 0 1 0 10h-3"],
  release: ["M12 15V4.5M12 4.5 8 8.5M12 4.5l4 4M4.5 15v3A1.5 1.5 0 0 0 6 19.5h12a1.5 1.5 0 0 0 1.5-1.5v-3"],
  list: ["M8.5 6.5h11M8.5 12h11M8.5 17.5h11M4.5 6.5v.01M4.5 12v.01M4.5 17.5v.01"],
  user: ["o 12 8.5 3.8", "M4.5 19.5c1-3.6 4-5.2 7.5-5.2s6.5 1.6 7.5 5.2"],
  eyeOff: ["M4 4l16 16M9.8 5.8c.7-.2 1.4-.3 2.2-.3 6 0 9.5 6.5 9.5 6.5s-1 1.9-2.9 3.6M6 7.8C3.7 9.6 2.5 12 2.5 12s3.5 6.5 9.5 6.5c1.5 0 2.9-.4 4.1-1M10 10a2.8 2.8 0 0 0 4 4"],
  offline: ["M4 4l16 16M3 9.5c1.2-1.1 2.6-2 4.1-2.6M10.5 6c3.9-.4 7.7.8 10.5 3.5M6.2 13c1-.9 2.2-1.6 3.6-1.9M15 11.5c1 .4 2 .900 2.8 1.5M9.5 16.3a3.8 3.8 0 0 1 5 0M12 19.5v.01"],
  download: ["M12 4.5V15M12 15l4-4M12 15l-4-4M4.5 15.5V18A1.5 1.5 0 0 0 6 19.5h12a1.5 1.5 0 0 0 1.5-1.5v-2.5"],
};

function drawn(part) {
  const figures = part.slice(2).split(" ");
  if (part.startsWith("o ")) return vector("circle", { cx: figures[0], cy: figures[1], r: figures[2] });
  if (part.startsWith("q ")) {
    return vector("rect", { x: figures[0], y: figures[1], width: figures[2], height: figures[3], rx: figures[4] });
  }
  return vector("path", { d: part });
}

/** Draw an icon; decorative, so screen readers pass it by. `size` is a class: i14, i16, i24 (20 without). */
export function icon(name, size) {
  const parts = ICONS[name];
  if (!parts) throw new RangeError("no icon is called " + name);
  return vector("svg", { class: size ? "i " + size : "i", viewBox: "0 0 24 24", "aria-hidden": "true" }, ...parts.map(drawn));
}
