/** Recognises what people paste. */
export { detect, type DetectOptions } from './detect.ts';
export { detectWithProbe } from './probe.ts';
