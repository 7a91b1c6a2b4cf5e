/** Gives a text to the person as a file. Nothing is sent anywhere. */
export function downloadText(fileName: string, content: string, mediaType = 'text/plain'): void {
  const url = URL.createObjectURL(new Blob([content], { type: mediaType }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser has begun reading by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** `/etc/containerd/certs.d/x/hosts.toml` → `hosts.toml`. */
export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
