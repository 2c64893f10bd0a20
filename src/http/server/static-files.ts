import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { pagePolicy } from './security-headers.ts';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

interface StaticFile {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly etag: string;
  /** Only of pages. */
  readonly policy: string | undefined;
}

/** The site's built files, a few megabytes, read once so that no request can name a path of the machine. */
export class StaticFiles {
  readonly #files: ReadonlyMap<string, StaticFile>;
  /** Hashes of every inline script that the build made, for pages that are rendered on request. */
  readonly scriptHashes: readonly string[];

  private constructor(files: ReadonlyMap<string, StaticFile>, scriptHashes: readonly string[]) {
    this.#files = files;
    this.scriptHashes = scriptHashes;
  }

  static async load(directory: string): Promise<StaticFiles> {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const files = new Map<string, StaticFile>();
    const hashes = new Set<string>();
    for (const path of paths) {
      const bytes = await readFile(path);
      const inline = extname(path) === '.html' ? inlineScriptHashes(bytes.toString('utf8')) : [];
      for (const hash of inline) hashes.add(hash);
      files.set(`/${relative(directory, path).split(sep).join('/')}`, describe(path, bytes, inline));
    }
    return new StaticFiles(files, [...hashes]);
  }

  /** Answers when there is such a file; false otherwise. Folders are answered with their index page. */
  serve(request: IncomingMessage, response: ServerResponse, pathname: string): boolean {
    const file = this.#files.get(pathname) ?? this.#files.get(`${pathname}index.html`);
    if (file !== undefined) {
      this.#send(request, response, { file, pathname, status: 200 });
      return true;
    }
    if (!this.#files.has(`${pathname}/index.html`)) return false;
    response.writeHead(308, { location: `${pathname}/`, 'cache-control': 'no-cache' }).end();
    return true;
  }

  /** Answers with the site's page for addresses that do not exist. */
  serveNotFound(request: IncomingMessage, response: ServerResponse): void {
    const file = this.#files.get('/404.html');
    if (file === undefined) response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('There is no such page.\n');
    else this.#send(request, response, { file, pathname: '/404.html', status: 404 });
  }

  #send(
    request: IncomingMessage,
    response: ServerResponse,
    { file, pathname, status }: { file: StaticFile; pathname: string; status: number },
  ): void {
    // Names below /_astro/ carry a hash of the content, so they never change.
    const cacheControl = pathname.startsWith('/_astro/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    const headers = {
      etag: file.etag,
      'cache-control': cacheControl,
      ...(file.policy === undefined ? {} : { 'content-security-policy': file.policy }),
    };
    if (status === 200 && request.headers['if-none-match'] === file.etag) {
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(status, { ...headers, 'content-type': file.contentType, 'content-length': file.bytes.length });
    response.end(request.method === 'HEAD' ? undefined : file.bytes);
  }
}

function describe(path: string, bytes: Buffer, inlineHashes: readonly string[]): StaticFile {
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  const contentType = contentTypes[extname(path)] ?? 'application/octet-stream';
  return { bytes, contentType, etag, policy: extname(path) === '.html' ? pagePolicy(inlineHashes) : undefined };
}

function inlineScriptHashes(html: string): string[] {
  const scripts = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, text]) => text ?? '');
  return scripts.filter((text) => text !== '').map((text) => `sha256-${createHash('sha256').update(text).digest('base64')}`);
}
