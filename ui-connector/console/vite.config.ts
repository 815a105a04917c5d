import { defineConfig } from 'vite';

export default defineConfig({
  // Everything is served below one path, and by a policy that allows no inline code.
  base: '/console/',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2022' },
  server: { proxy: Object.fromEntries(['/register', '/v2', '/live'].map((path) => [path, 'http://localhost:8080'])) },
});
