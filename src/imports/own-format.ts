/** Version of the format of our own exports. */
export const apiVersion = 'tagboat.dev/v1';
