import mdx from '@astrojs/mdx';
import node from '@astrojs/node';
import { defineConfig, passthroughImageService } from 'astro/config';
import { markCodeBlocks } from './src/workspace/code-blocks.ts';

// Building the site must not talk to anybody.
process.env.ASTRO_TELEMETRY_DISABLED = '1';

export default defineConfig({
  // Pages are prerendered; the few that answer to the moment say so. The platform's own HTTP server holds the sockets.
  adapter: node({ mode: 'middleware' }),
  integrations: [mdx()],
  devToolbar: { enabled: false },
  image: { service: passthroughImageService() },
  markdown: {
    syntaxHighlight: { type: 'shiki', excludeLangs: [] },
    shikiConfig: { theme: 'css-variables', transformers: [markCodeBlocks()] },
  },
  prefetch: false,
  // The content security policy allows scripts and styles from files only.
  build: { format: 'directory', inlineStylesheets: 'never' },
  vite: {
    build: {
      // Below es2022 the bundler rewrites xterm's class fields so that its answer to DECRQM breaks and vim freezes.
      target: 'es2022',
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      // The terminal: 530 kB, fetched when a sandbox is there.
      chunkSizeWarningLimit: 700,
    },
  },
});
