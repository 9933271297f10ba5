/**
 * Shows whole numbers (0 to 65535) so that a recording can be asked for them: one row of 16 cells each, the most significant
 * bit first, white = 1, below the place of the bar code and in its measures. `test/probe/facts.ts` reads them.
 */
export function drawFacts(context, values, width) {
  for (const [row, value] of values.entries()) {
    for (let cell = 0; cell < 16; cell += 1) {
      const left = Math.round((cell * width) / 16);
      const right = Math.round(((cell + 1) * width) / 16);
      const top = Math.round(((row + 2) * width) / 24);
      const bottom = Math.round(((row + 3) * width) / 24);
      context.fillStyle = (value >> (15 - cell)) & 1 ? '#fff' : '#000';
      context.fillRect(left, top, right - left, bottom - top);
    }
  }
}

/** A canvas over the whole window that `draw(context, width, height)` is to paint, again whenever the size changes. */
export function fillWindow(draw) {
  const canvas = document.createElement('canvas');
  canvas.style.cssText = 'position:fixed;inset:0;width:100vw;height:100vh;display:block';
  document.body.append(canvas);
  const context = canvas.getContext('2d', { alpha: false });
  const paint = () => {
    canvas.width = Math.round(innerWidth * devicePixelRatio);
    canvas.height = Math.round(innerHeight * devicePixelRatio);
    draw(context, canvas.width, canvas.height);
  };
  addEventListener('resize', paint);
  paint();
  return paint;
}
