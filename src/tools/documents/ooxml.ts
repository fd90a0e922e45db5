// What DOCX, XLSX and PPTX have in common when they are written: content types, relations, properties.
import { escapeXml, XML_HEAD } from './xml.ts';

const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';

/** Relations of one part, numbered as they are added. */
export interface Relations {
  /** Returns the id. `target` is relative to the part's folder, or an address outside. */
  add(type: string, target: string, options?: { external?: boolean }): string;
  xml(): string;
}

export function createRelations(): Relations {
  const lines: string[] = [];
  return {
    add(type, target, options = {}) {
      const id = `rId${lines.length + 1}`;
      const kind = type.startsWith('http') ? type : `${OFFICE}/${type}`;
      const mode = options.external ? ' TargetMode="External"' : '';
      lines.push(`<Relationship Id="${id}" Type="${kind}" Target="${escapeXml(target)}"${mode}/>`);
      return id;
    },
    xml: () => `${XML_HEAD}<Relationships xmlns="${PACKAGE}/relationships">${lines.join('')}</Relationships>`,
  };
}

const WORD = 'application/vnd.openxmlformats-officedocument.wordprocessingml';
const SHEET = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
const SLIDE = 'application/vnd.openxmlformats-officedocument.presentationml';

/** Content type of a part by its name; undefined where the extension says it. */
const TYPES: readonly (readonly [RegExp, string])[] = [
  [/^word\/document\.xml$/, `${WORD}.document.main+xml`],
  [/^word\/styles\.xml$/, `${WORD}.styles+xml`],
  [/^word\/numbering\.xml$/, `${WORD}.numbering+xml`],
  [/^word\/footer\d*\.xml$/, `${WORD}.footer+xml`],
  [/^xl\/workbook\.xml$/, `${SHEET}.sheet.main+xml`],
  [/^xl\/worksheets\/.*\.xml$/, `${SHEET}.worksheet+xml`],
  [/^xl\/styles\.xml$/, `${SHEET}.styles+xml`],
  [/^ppt\/presentation\.xml$/, `${SLIDE}.presentation.main+xml`],
  [/^ppt\/slides\/[^/]*\.xml$/, `${SLIDE}.slide+xml`],
  [/^ppt\/slideMasters\/[^/]*\.xml$/, `${SLIDE}.slideMaster+xml`],
  [/^ppt\/slideLayouts\/[^/]*\.xml$/, `${SLIDE}.slideLayout+xml`],
  [/\/theme\/[^/]*\.xml$/, 'application/vnd.openxmlformats-officedocument.theme+xml'],
  [/\/charts\/[^/]*\.xml$/, 'application/vnd.openxmlformats-officedocument.drawingml.chart+xml'],
  [/\/drawings\/[^/]*\.xml$/, 'application/vnd.openxmlformats-officedocument.drawing+xml'],
  [/^docProps\/core\.xml$/, 'application/vnd.openxmlformats-package.core-properties+xml'],
];

const DEFAULTS = [
  ['rels', 'application/vnd.openxmlformats-package.relationships+xml'],
  ['xml', 'application/xml'],
  ['png', 'image/png'],
  ['jpeg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['xlsx', `${SHEET}.sheet`],
] as const;

/** Adds the parts that every package has. `main` is the main part's name. */
export function finishPackage(
  parts: Map<string, string | Uint8Array>,
  main: string,
  properties: { readonly title: string | undefined; readonly created: Date },
): Map<string, string | Uint8Array> {
  const time = `${properties.created.toISOString().slice(0, 19)}Z`;
  parts.set(
    'docProps/core.xml',
    `${XML_HEAD}<cp:coreProperties xmlns:cp="${PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>${escapeXml(properties.title ?? '')}</dc:title><dcterms:created xsi:type="dcterms:W3CDTF">${time}</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">${time}</dcterms:modified></cp:coreProperties>`,
  );
  const roots = createRelations();
  roots.add('officeDocument', main);
  roots.add(`${PACKAGE}/relationships/metadata/core-properties`, 'docProps/core.xml');
  const overrides = [...parts.keys()].flatMap((name) => {
    const type = TYPES.find(([pattern]) => pattern.test(name))?.[1];
    return type === undefined ? [] : [`<Override PartName="/${name}" ContentType="${type}"/>`];
  });
  const defaults = DEFAULTS.map(
    ([extension, type]) => `<Default Extension="${extension}" ContentType="${type}"/>`,
  );
  const types = `${XML_HEAD}<Types xmlns="${PACKAGE}/content-types">${defaults.join('')}${overrides.join('')}</Types>`;
  // Readers look for the content types first.
  return new Map<string, string | Uint8Array>([
    ['[Content_Types].xml', types],
    ['_rels/.rels', roots.xml()],
    ...parts,
  ]);
}

/** Half a point, twentieth of a point and EMU are Office's units. */
export const EMU_PER_PIXEL = 9_525;
export const EMU_PER_CM = 360_000;

/** A picture's size in EMU, made smaller to fit. */
export function fitInto(
  size: { readonly width: number; readonly height: number },
  maxWidth: number,
  maxHeight: number,
): { width: number; height: number } {
  const width = size.width * EMU_PER_PIXEL;
  const height = size.height * EMU_PER_PIXEL;
  const scale = Math.min(1, maxWidth / width, maxHeight / height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}
