// Hands out files of a run: pictures and texts to look at, anything else only to save.

/** Kinds of pictures that a browser may show. Anything else is handed out as a file: SVG can hold script. */
const PICTURES: Readonly<Record<string, string>> = {
  ...{ png: 'image/png', jpg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp' },
};

/** `file` is its name in the run. Whatever it holds, the browser runs nothing of it. */
export function artifactResponse(file: string, bytes: Uint8Array): Response {
  const extension = /\.([a-z]+)$/.exec(file)?.[1] ?? '';
  const name = file.replace(/^.*\//, '').replace(/[^\w.-]/g, '_');
  const picture = PICTURES[extension];
  return new Response(new Uint8Array(bytes), {
    headers: {
      'content-type':
        picture ?? (extension === 'txt' ? 'text/plain; charset=utf-8' : 'application/octet-stream'),
      'content-disposition': `${picture === undefined && extension !== 'txt' ? 'attachment' : 'inline'}; filename="${name}"`,
      'content-security-policy': "default-src 'none'; sandbox",
    },
  });
}
