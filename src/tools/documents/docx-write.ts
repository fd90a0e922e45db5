// Writes Word documents from blocks: real styles, lists, tables, pictures, and charts that Word can edit.
import type { Block, Chart, Span } from './blocks.ts';
import { chartRows, chartXml, findReferences } from './chart-xml.ts';
import { NUMBERING, numberingXml, STYLES } from './docx-styles.ts';
import { writePackage } from './office.ts';
import { createRelations, EMU_PER_CM, finishPackage, fitInto, type Relations } from './ooxml.ts';
import type { Picture } from './pictures.ts';
import { writeXlsx } from './xlsx-write.ts';
import { escapeXml, XML_HEAD } from './xml.ts';

export interface DocumentProperties {
  readonly title: string | undefined;
  readonly created: Date;
}

interface Writing {
  readonly relations: Relations;
  readonly parts: Map<string, string | Uint8Array>;
  readonly pictures: ReadonlyMap<string, Picture>;
  readonly properties: DocumentProperties;
  /** Numbered lists, each with a counter of its own, and where it starts. */
  readonly lists: Map<number, { readonly id: number; readonly start: number; readonly depth: number }>;
  objects: number;
  charts: number;
}

const TEXT_WIDTH = 16 * EMU_PER_CM;
const NAMESPACES =
  'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"';

/** `pictures` holds the loaded pictures by the path in their blocks. */
export async function writeDocx(
  blocks: readonly Block[],
  pictures: ReadonlyMap<string, Picture>,
  properties: DocumentProperties,
): Promise<Buffer> {
  const writing: Writing = {
    relations: createRelations(),
    parts: new Map(),
    pictures,
    properties,
    lists: new Map(),
    objects: 0,
    charts: 0,
  };
  const body: string[] = [];
  for (const block of blocks) body.push(await blockXml(block, writing));
  const footer = writing.relations.add('footer', 'footer1.xml');
  writing.relations.add('styles', 'styles.xml');
  writing.relations.add('numbering', 'numbering.xml');
  const section = `<w:sectPr><w:footerReference w:type="default" r:id="${footer}"/><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1418" w:right="1418" w:bottom="1418" w:left="1418" w:header="709" w:footer="709" w:gutter="0"/></w:sectPr>`;
  const { parts } = writing;
  parts.set(
    'word/document.xml',
    `${XML_HEAD}<w:document ${NAMESPACES}><w:body>${body.join('')}${section}</w:body></w:document>`,
  );
  parts.set('word/_rels/document.xml.rels', writing.relations.xml());
  parts.set('word/styles.xml', STYLES);
  parts.set('word/numbering.xml', numberingXml([...writing.lists.values()]));
  parts.set(
    'word/footer1.xml',
    `${XML_HEAD}<w:ftr ${NAMESPACES}><w:p><w:pPr><w:pStyle w:val="Footer"/><w:jc w:val="center"/></w:pPr><w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p></w:ftr>`,
  );
  return writePackage(finishPackage(parts, 'word/document.xml', properties));
}

async function blockXml(block: Block, writing: Writing): Promise<string> {
  switch (block.kind) {
    case 'heading':
      return paragraph(`<w:pStyle w:val="Heading${Math.min(6, block.level)}"/>`, block.spans, writing);
    case 'paragraph':
      return paragraph('', block.spans, writing);
    case 'quote':
      return paragraph('<w:pStyle w:val="Quote"/>', block.spans, writing);
    case 'item':
      return paragraph(itemProperties(block, writing), block.spans, writing);
    case 'code':
      return block.text
        .split('\n')
        .map((line) => paragraph('<w:pStyle w:val="Code"/>', [{ text: line }], writing))
        .join('');
    case 'table':
      return tableXml(block.rows, writing);
    case 'picture':
      return pictureXml(block.path, writing);
    case 'chart':
      return chartFrame(block.chart, writing);
    case 'break':
      return '<w:p><w:r><w:br w:type="page"/></w:r></w:p>';
  }
}

function itemProperties(block: Extract<Block, { kind: 'item' }>, writing: Writing): string {
  const depth = Math.min(8, block.depth);
  let id: number = NUMBERING.bullets;
  if (block.number !== undefined) {
    const known = writing.lists.get(block.list);
    const list = known ?? { id: NUMBERING.firstNumbered + writing.lists.size, start: block.number, depth };
    writing.lists.set(block.list, list);
    id = list.id;
  }
  return `<w:pStyle w:val="ListParagraph"/><w:numPr><w:ilvl w:val="${depth}"/><w:numId w:val="${id}"/></w:numPr>`;
}

function paragraph(properties: string, spans: readonly Span[], writing: Writing): string {
  return `<w:p><w:pPr>${properties}</w:pPr>${spans.map((span) => runXml(span, writing)).join('')}</w:p>`;
}

function runXml(span: Span, writing: Writing): string {
  const isLink = span.link !== undefined && /^(?:https?|mailto):/i.test(span.link);
  const style = [
    span.code ? '<w:rStyle w:val="CodeText"/>' : isLink ? '<w:rStyle w:val="Hyperlink"/>' : '',
    span.bold ? '<w:b/>' : '',
    span.italic ? '<w:i/>' : '',
  ].join('');
  const pieces = span.text
    .split('\n')
    .map((line) => `<w:t xml:space="preserve">${escapeXml(line)}</w:t>`)
    .join('<w:br/>');
  const run = `<w:r>${style === '' ? '' : `<w:rPr>${style}</w:rPr>`}${pieces}</w:r>`;
  if (!isLink || span.link === undefined) return run;
  return `<w:hyperlink r:id="${writing.relations.add('hyperlink', span.link, { external: true })}">${run}</w:hyperlink>`;
}

function tableXml(rows: readonly (readonly (readonly Span[])[])[], writing: Writing): string {
  const width = Math.max(1, ...rows.map((row) => row.length));
  const share = Math.floor(9_070 / width);
  const lines = rows.map((row, at) => {
    const cells = Array.from({ length: width }, (_, index) => {
      const spans = row[index] ?? [];
      const shown = at === 0 ? spans.map((span) => ({ ...span, bold: true })) : spans;
      return `<w:tc><w:tcPr><w:tcW w:w="${share}" w:type="dxa"/></w:tcPr>${paragraph('<w:pStyle w:val="TableText"/>', shown, writing)}</w:tc>`;
    });
    return `<w:tr>${at === 0 ? '<w:trPr><w:tblHeader/></w:trPr>' : ''}${cells.join('')}</w:tr>`;
  });
  const grid = Array.from({ length: width }, () => `<w:gridCol w:w="${share}"/>`).join('');
  return `<w:tbl><w:tblPr><w:tblStyle w:val="Report"/><w:tblW w:w="5000" w:type="pct"/><w:tblLook w:val="0420" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="0" w:noVBand="1"/></w:tblPr><w:tblGrid>${grid}</w:tblGrid>${lines.join('')}</w:tbl><w:p><w:pPr><w:pStyle w:val="TableText"/></w:pPr></w:p>`;
}

function pictureXml(path: string, writing: Writing): string {
  const picture = writing.pictures.get(path);
  if (picture === undefined) return '';
  writing.objects += 1;
  const file = `media/picture${writing.objects}.${picture.info.extension}`;
  writing.parts.set(`word/${file}`, picture.data);
  const id = writing.relations.add('image', file);
  const size = fitInto(picture.info, TEXT_WIDTH, 20 * EMU_PER_CM);
  const graphic = `<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="${writing.objects}" name="Picture ${writing.objects}"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="${id}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="${size.width}" cy="${size.height}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>`;
  return inlineDrawing(size, picture.alt, graphic, writing.objects);
}

/** The chart, and a workbook with its data, so that "edit data" works in Word. */
async function chartFrame(chart: Chart, writing: Writing): Promise<string> {
  writing.objects += 1;
  writing.charts += 1;
  const name = `chart${writing.charts}`;
  const own = createRelations();
  const data = own.add('package', `../embeddings/${name}.xlsx`);
  const sheet = { name: 'Data', rows: chartRows(chart), head: false, charts: [], pictures: [] };
  writing.parts.set(`word/embeddings/${name}.xlsx`, await writeXlsx([sheet], writing.properties));
  writing.parts.set(
    `word/charts/${name}.xml`,
    chartXml(chart, { references: findReferences(chart, 'Data', sheet.rows), externalData: data }),
  );
  writing.parts.set(`word/charts/_rels/${name}.xml.rels`, own.xml());
  const id = writing.relations.add('chart', `charts/${name}.xml`);
  const graphic = `<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart r:id="${id}"/></a:graphicData></a:graphic>`;
  return inlineDrawing(
    { width: TEXT_WIDTH, height: 8.5 * EMU_PER_CM },
    chart.title ?? 'Chart',
    graphic,
    writing.objects,
  );
}

function inlineDrawing(
  size: { width: number; height: number },
  alt: string,
  graphic: string,
  id: number,
): string {
  return `<w:p><w:pPr><w:pStyle w:val="Figure"/></w:pPr><w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="${Math.round(size.width)}" cy="${Math.round(size.height)}"/><wp:docPr id="${id}" name="Object ${id}" descr="${escapeXml(alt)}"/><wp:cNvGraphicFramePr/>${graphic}</wp:inline></w:drawing></w:r></w:p>`;
}
