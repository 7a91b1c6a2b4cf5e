import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const hub = process.env.TAGBOAT_DEV_HUB ?? 'http://127.0.0.1:7330';
const proxied = ['/api', '/openapi.json', '/docs', '/healthz', '/readyz', '/metrics'];

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // Everything is a file of our own origin: the page runs under `script-src 'self'` with no data: URLs for scripts or fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
  },
  server: {
    host: '127.0.0.1',
    port: 7331,
    proxy: Object.fromEntries(proxied.map((path) => [path, { target: hub, changeOrigin: false }])),
  },
});
