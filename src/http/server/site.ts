import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pagePolicy } from './security-headers.ts';
import { StaticFiles } from './static-files.ts';

/** What the build leaves in dist/server/entry.mjs. */
interface AstroEntry {
  readonly handler: (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => Promise<void>;
}

/** The pages: built files, and what is rendered on request. */
export class Site {
  readonly #files: StaticFiles;
  readonly #astro: AstroEntry;

  private constructor(files: StaticFiles, astro: AstroEntry) {
    this.#files = files;
    this.#astro = astro;
  }

  /** Loads what was built into `dist`. */
  static async load(dist: string): Promise<Site> {
    const files = await StaticFiles.load(join(dist, 'client'));
    const astro = (await import(pathToFileURL(join(dist, 'server', 'entry.mjs')).href)) as AstroEntry;
    return new Site(files, astro);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const pathname = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (this.#files.serve(request, response, pathname)) return;
    response.setHeader('content-security-policy', pagePolicy(this.#files.scriptHashes));
    const next = (): void => {
      if (!response.headersSent) this.#files.serveNotFound(request, response);
    };
    this.#astro.handler(request, response, next).catch(next);
  }
}

/** Shown for the seconds until the site is built; reloads itself. */
export function serveBuildingPage(response: ServerResponse): void {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': pagePolicy([]),
    refresh: '2',
    'cache-control': 'no-store',
    'retry-after': '2',
  };
  response.writeHead(503, headers);
  response.end(
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Proofground</title><body style="font-family:system-ui;margin:3rem"><h1>Proofground</h1><p>The site is being built; this page reloads by itself.</p></body></html>',
  );
}
