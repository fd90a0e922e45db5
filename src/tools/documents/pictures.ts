// Pictures from files, ready to be put into a document.
import { OpenSpaceError } from '../../lib/index.ts';
import { type FileAccess, openForReading, resolvePath } from '../files/access.ts';
import { type PictureInfo, pictureInfo } from './images.ts';

export interface Picture {
  readonly data: Uint8Array;
  readonly info: PictureInfo;
  readonly alt: string;
}

const MAX_PICTURE_BYTES = 20 * 1024 * 1024;

/** Throws `OpenSpaceError` if the file is outside of the allowed folders, too large or no PNG, JPEG or GIF. */
export async function loadPicture(
  path: string,
  alt: string,
  workspace: string,
  access: FileAccess,
): Promise<Picture> {
  if (/^[a-z][a-z0-9+.-]+:/i.test(path)) {
    throw new OpenSpaceError('invalid', `The picture "${path.slice(0, 200)}" is no file in the workspace.`, {
      hint: 'Save the picture as a file first.',
    });
  }
  const { handle, sizeBytes } = await openForReading(
    resolvePath(decodePath(path), 'read', workspace, access),
  );
  try {
    if (sizeBytes > MAX_PICTURE_BYTES)
      throw new OpenSpaceError('too-large', `The picture ${path} is larger than 20 MB.`);
    const data = new Uint8Array(await handle.readFile());
    const info = pictureInfo(data);
    if (info === undefined)
      throw new OpenSpaceError('invalid', `The picture ${path} is no PNG, JPEG or GIF.`);
    return { data, info, alt };
  } finally {
    await handle.close();
  }
}

/** Markdown writes spaces in addresses as %20. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}
