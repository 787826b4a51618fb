/** The woven lines behind the sheet's head: families of waves, computed once, the same on every device. */
const WIDTH = 390;
const STEP = 6;
const LINES = 16;

/** @param {number} x @param {number} line @returns {number} */
function height(x, line) {
  const phase = x / WIDTH * Math.PI * 2;
  const swell = Math.sin(phase * 1.15 + line * 0.32) * (21 - line * 0.55);
  const ripple = Math.sin(phase * 2.45 - line * 0.21 + 0.6) * (7 + line * 0.35);
  return 52 + line * 6.1 + swell + ripple;
}

/** @returns {string} path data in a box of 390 × 260 */
export function guilloche() {
  const lines = Array.from({ length: LINES }, (_none, line) => {
    const points = Array.from({ length: WIDTH / STEP + 1 }, (_nothing, index) => index * STEP);
    return points.map((x, index) => `${index === 0 ? "M" : "L"}${x} ${height(x, line).toFixed(1)}`).join("");
  });
  return lines.join("");
}
