// The built web app: which files there are is read once, so that no address can name any other.
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAbsent, isPresent } from '../../lib/index.ts';

export interface WebFiles {
  /** The answer to a GET of a path that is not the API's; deep links get the app itself. */
  answer(path: string): Response;
  /** False: it has not been built. */
  readonly isBuilt: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
};

/** `dist/web` of the package, from `dist/serve/dashboard` and from `src/serve/dashboard` alike. */
export const webFolder = (): string => fileURLToPath(new URL('../../../dist/web', import.meta.url));

export function openWebFiles(folder = webFolder()): WebFiles {
  const files = listFiles(folder);
  const isBuilt = files.has('/index.html');
  return {
    isBuilt,
    answer(path) {
      if (!isBuilt) return page(NOT_BUILT, 503);
      const name = path === '/' ? '/index.html' : path;
      const file = files.get(name);
      if (file !== undefined) return fileResponse(file, name);
      // A missing script must not be answered with a page; an address of the app has no ending.
      if (extname(name) !== '' && name.startsWith('/assets/'))
        return page('<p>There is no such file.</p>', 404);
      return fileResponse(files.get('/index.html') ?? '', '/index.html');
    },
  };
}

function listFiles(folder: string): ReadonlyMap<string, string> {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return new Map(
      entries
        .filter((entry) => entry.isFile())
        .map((entry) => {
          const path = join(entry.parentPath, entry.name);
          return [path.slice(folder.length).split(sep).join('/'), path];
        }),
    );
  } catch (error) {
    if (isAbsent(error)) return new Map();
    throw error;
  }
}

/** Names in `assets/` hold a hash of their content; everything else is asked for anew. */
function fileResponse(path: string, name: string): Response {
  const type = TYPES[extname(name)] ?? 'application/octet-stream';
  const cache = name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  if (!isPresent(path)) return page(NOT_BUILT, 503); // built anew, or removed, since we looked
  return new Response(new Uint8Array(readFileSync(path)), {
    headers: { 'content-type': type, 'cache-control': cache },
  });
}

const NOT_BUILT =
  '<h1>The web app is not built</h1><p>This is a checkout of the source. Build it once with <code>npm run build:web</code> and load this page again. The API answers already.</p>';

/** A page of our own words only. */
export function page(body: string, status: number): Response {
  const text = `<!doctype html><html lang="en"><meta charset="utf-8"><title>OpenSpace</title>${body}</html>`;
  return new Response(text, {
    ...{ status, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' } },
  });
}
