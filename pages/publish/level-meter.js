// @ts-check

const FLOOR_DB = -60;

/**
 * Shows how loud a stream is, as long as it is not closed.
 * @param {HTMLMeterElement} element from 0 to 100
 * @param {MediaStream} stream
 * @returns {{ resume(): Promise<void>, close(): void }}
 */
export function openLevelMeter(element, stream) {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let frame = 0;
  const show = () => {
    analyser.getFloatTimeDomainData(samples);
    element.value = percentOf(samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0));
    frame = requestAnimationFrame(show);
  };
  show();
  return {
    resume: () => context.resume(),
    close() {
      cancelAnimationFrame(frame);
      element.value = 0;
      void context.close();
    },
  };
}

/**
 * @param {number} peak 1 is the loudest
 * @returns {number} 0 at -60 dB and below, 100 at 0 dB
 */
function percentOf(peak) {
  const level = 20 * Math.log10(Math.max(peak, 1e-6));
  return Math.min(100, Math.max(0, 100 - (100 * level) / FLOOR_DB));
}
