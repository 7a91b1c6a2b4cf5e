/** OCI image layouts on disk. */
export { OciLayout } from './layout.ts';
