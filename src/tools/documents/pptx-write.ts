// Writes presentations from blocks: a slide for each heading of the first two levels, and for each rule.
import { type Block, type Chart, plainText, type Span } from './blocks.ts';
import { chartRows, chartXml, findReferences } from './chart-xml.ts';
import type { DocumentProperties } from './docx-write.ts';
import { writePackage } from './office.ts';
import { createRelations, finishPackage, fitInto, type Relations } from './ooxml.ts';
import type { Picture } from './pictures.ts';
import { LAYOUT, MASTER, NAMESPACES, SLIDE_SIZE, THEME } from './pptx-master.ts';
import { writeXlsx } from './xlsx-write.ts';
import { escapeXml, XML_HEAD } from './xml.ts';

interface Slide {
  title: readonly Span[];
  /** The heading of level 1 with little below it: shown large, in the middle. */
  isCover: boolean;
  readonly blocks: Block[];
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Writing {
  readonly parts: Map<string, string | Uint8Array>;
  readonly pictures: ReadonlyMap<string, Picture>;
  readonly properties: DocumentProperties;
  charts: number;
  images: number;
}

const MARGIN = 610_000;
const BODY: Box = { x: MARGIN, y: 1_450_000, width: SLIDE_SIZE.width - 2 * MARGIN, height: 4_900_000 };

export async function writePptx(
  blocks: readonly Block[],
  pictures: ReadonlyMap<string, Picture>,
  properties: DocumentProperties,
): Promise<Buffer> {
  const parts = new Map<string, string | Uint8Array>();
  const writing: Writing = { parts, pictures, properties, charts: 0, images: 0 };
  const presentation = createRelations();
  const master = presentation.add('slideMaster', 'slideMasters/slideMaster1.xml');
  presentation.add('theme', 'theme/theme1.xml');
  const ids: string[] = [];
  for (const [index, slide] of splitSlides(blocks).entries()) {
    const name = `slide${index + 1}.xml`;
    const relations = createRelations();
    relations.add('slideLayout', '../slideLayouts/slideLayout1.xml');
    parts.set(`ppt/slides/${name}`, await slideXml(slide, relations, writing));
    parts.set(`ppt/slides/_rels/${name}.rels`, relations.xml());
    ids.push(`<p:sldId id="${256 + index}" r:id="${presentation.add('slide', `slides/${name}`)}"/>`);
  }
  const toLayout = createRelations();
  toLayout.add('slideLayout', '../slideLayouts/slideLayout1.xml');
  toLayout.add('theme', '../theme/theme1.xml');
  const toMaster = createRelations();
  toMaster.add('slideMaster', '../slideMasters/slideMaster1.xml');
  parts.set('ppt/slideMasters/slideMaster1.xml', MASTER);
  parts.set('ppt/slideMasters/_rels/slideMaster1.xml.rels', toLayout.xml());
  parts.set('ppt/slideLayouts/slideLayout1.xml', LAYOUT);
  parts.set('ppt/slideLayouts/_rels/slideLayout1.xml.rels', toMaster.xml());
  parts.set('ppt/theme/theme1.xml', THEME);
  parts.set('ppt/_rels/presentation.xml.rels', presentation.xml());
  parts.set(
    'ppt/presentation.xml',
    `${XML_HEAD}<p:presentation ${NAMESPACES}><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="${master}"/></p:sldMasterIdLst><p:sldIdLst>${ids.join('')}</p:sldIdLst><p:sldSz cx="${SLIDE_SIZE.width}" cy="${SLIDE_SIZE.height}"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>`,
  );
  return writePackage(finishPackage(parts, 'ppt/presentation.xml', properties));
}

function splitSlides(blocks: readonly Block[]): Slide[] {
  const slides: Slide[] = [];
  let isNew = true;
  for (const block of blocks) {
    if (block.kind === 'break') isNew = true;
    else if (block.kind === 'heading' && block.level <= 2) {
      slides.push({ title: block.spans, isCover: block.level === 1, blocks: [] });
      isNew = false;
    } else {
      if (isNew) slides.push({ title: [], isCover: false, blocks: [] });
      isNew = false;
      slides.at(-1)?.blocks.push(block);
    }
  }
  for (const slide of slides) {
    slide.isCover &&= slide.blocks.length <= 3 && slide.blocks.every((block) => block.kind === 'paragraph');
  }
  return slides.length === 0 ? [{ title: [], isCover: false, blocks: [] }] : slides.flatMap(spread);
}

/** More than two tables, pictures or charts on one slide would be too small to read: they go on. */
function spread(slide: Slide): Slide[] {
  const visuals = slide.blocks.filter(isVisual);
  if (visuals.length <= 2) return [slide];
  const texts = slide.blocks.filter((block) => !isVisual(block));
  const chunks: Slide[] = [];
  for (let at = 0; at < visuals.length; at += 2) {
    const part = visuals.slice(at, at + 2);
    chunks.push({ ...slide, blocks: at === 0 ? [...texts, ...part] : part });
  }
  return chunks;
}

const isVisual = (block: Block) => ['table', 'picture', 'chart'].includes(block.kind);

async function slideXml(slide: Slide, relations: Relations, writing: Writing): Promise<string> {
  const shapes: string[] = [];
  const number = () => shapes.length + 2;
  if (slide.isCover) {
    shapes.push(titleShape(number(), slide.title, { ...BODY, y: 2_100_000, height: 1_400_000 }, 4_400));
    const box = { ...BODY, y: 3_600_000, height: 1_800_000 };
    if (slide.blocks.length > 0) shapes.push(textShape(number(), slide.blocks, box, relations));
  } else {
    shapes.push(titleShape(number(), slide.title, { ...BODY, y: 380_000, height: 900_000 }, 3_000));
    const texts = slide.blocks.filter((block) => !isVisual(block));
    const visuals = slide.blocks.filter(isVisual);
    const { text, places } = arrange(texts.length > 0, visuals.length);
    if (texts.length > 0) shapes.push(textShape(number(), texts, text, relations));
    for (const [index, visual] of visuals.entries()) {
      shapes.push(await visualShape(number(), visual, places[index] ?? text, relations, writing));
    }
  }
  return `${XML_HEAD}<p:sld ${NAMESPACES}><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>${shapes.join('')}</p:spTree></p:cSld><p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sld>`;
}

/** Text on the left and the rest below each other on the right; without text, side by side. */
function arrange(hasText: boolean, visuals: number): { text: Box; places: readonly Box[] } {
  const gap = 300_000;
  const half = Math.floor((BODY.width - gap) / 2);
  if (visuals === 0) return { text: BODY, places: [] };
  const right = { ...BODY, x: BODY.x + half + gap, width: half };
  if (!hasText) return { text: BODY, places: visuals === 1 ? [BODY] : [{ ...BODY, width: half }, right] };
  const height = Math.floor((BODY.height - gap * (visuals - 1)) / visuals);
  const places = Array.from({ length: visuals }, (_, index) => ({
    ...right,
    y: BODY.y + index * (height + gap),
    height,
  }));
  return { text: { ...BODY, width: half }, places };
}

const transform = (box: Box, prefix = 'a') =>
  `<${prefix}:xfrm><a:off x="${Math.round(box.x)}" y="${Math.round(box.y)}"/><a:ext cx="${Math.round(box.width)}" cy="${Math.round(box.height)}"/></${prefix}:xfrm>`;

function titleShape(id: number, spans: readonly Span[], box: Box, size: number): string {
  const text = plainText(spans);
  const fitted = text.length > 60 ? Math.round(size * 0.75) : size;
  return `<p:sp><p:nvSpPr><p:cNvPr id="${id}" name="Title"/><p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:spPr>${transform(box)}</p:spPr><p:txBody><a:bodyPr anchor="b"><a:normAutofit/></a:bodyPr><a:p><a:r><a:rPr lang="en-US" sz="${fitted}" b="1"/><a:t>${escapeXml(text)}</a:t></a:r></a:p></p:txBody></p:sp>`;
}

function textShape(id: number, blocks: readonly Block[], box: Box, relations: Relations): string {
  const size = fontSize(blocks, box);
  const paragraphs = blocks.map((block) => paragraphXml(block, size, relations));
  return `<p:sp><p:nvSpPr><p:cNvPr id="${id}" name="Text ${id}"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr><p:spPr>${transform(box)}<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr wrap="square" lIns="0" rIns="0"><a:normAutofit/></a:bodyPr>${paragraphs.join('')}</p:txBody></p:sp>`;
}

/** The largest size at which the text should fit: 12700 EMU are a point, a letter is about half its size wide. */
function fontSize(blocks: readonly Block[], box: Box): number {
  for (const points of [20, 18, 16, 14, 12]) {
    const perLine = box.width / 12_700 / (points * 0.52);
    const lines = blocks.reduce((sum, block) => sum + linesOf(block, perLine), 0);
    if (lines * points * 1.4 * 12_700 <= box.height) return points * 100;
  }
  return 1_050;
}

function linesOf(block: Block, perLine: number): number {
  const text = block.kind === 'code' ? block.text : 'spans' in block ? plainText(block.spans) : '';
  return text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / perLine)), 0);
}

function paragraphXml(block: Block, size: number, relations: Relations): string {
  if (block.kind === 'code') {
    return block.text
      .split('\n')
      .map((line) => `<a:p>${runXml({ text: line, code: true }, size, relations)}</a:p>`)
      .join('');
  }
  if (!('spans' in block)) return '';
  const spacing = '<a:spcAft><a:spcPts val="600"/></a:spcAft>';
  const runs = (spans: readonly Span[]) => spans.map((span) => runXml(span, size, relations)).join('');
  if (block.kind === 'item') {
    const indent = 285_000;
    const mark =
      block.number === undefined
        ? '<a:buFont typeface="Arial"/><a:buChar char="•"/>'
        : `<a:buFont typeface="+mj-lt"/><a:buAutoNum type="arabicPeriod" startAt="${Math.max(1, block.number)}"/>`;
    const depth = Math.min(8, block.depth);
    return `<a:p><a:pPr marL="${indent * (depth + 1)}" lvl="${depth}" indent="-${indent}">${spacing}${mark}</a:pPr>${runs(block.spans)}</a:p>`;
  }
  const spans = block.kind === 'heading' ? block.spans.map((span) => ({ ...span, bold: true })) : block.spans;
  return `<a:p><a:pPr marL="0" indent="0">${spacing}<a:buNone/></a:pPr>${runs(spans)}</a:p>`;
}

function runXml(span: Span, size: number, relations: Relations): string {
  const isLink = span.link !== undefined && /^(?:https?|mailto):/i.test(span.link);
  const link =
    isLink && span.link !== undefined
      ? `<a:hlinkClick r:id="${relations.add('hyperlink', span.link, { external: true })}"/>`
      : '';
  const font = `<a:latin typeface="${span.code ? 'Consolas' : '+mn-lt'}"/>`;
  const style = `lang="en-US" sz="${size}"${span.bold ? ' b="1"' : ''}${span.italic ? ' i="1"' : ''}`;
  return span.text
    .split('\n')
    .map((line) => `<a:r><a:rPr ${style}>${font}${link}</a:rPr><a:t>${escapeXml(line)}</a:t></a:r>`)
    .join('<a:br/>');
}

async function visualShape(
  id: number,
  block: Block,
  box: Box,
  relations: Relations,
  writing: Writing,
): Promise<string> {
  if (block.kind === 'table') return tableShape(id, block.rows, box, relations);
  if (block.kind === 'chart') return chartShape(id, block.chart, box, relations, writing);
  const picture = block.kind === 'picture' ? writing.pictures.get(block.path) : undefined;
  if (picture === undefined) return '';
  writing.images += 1;
  const file = `picture${writing.images}.${picture.info.extension}`;
  writing.parts.set(`ppt/media/${file}`, picture.data);
  const link = relations.add('image', `../media/${file}`);
  const size = fitInto(picture.info, box.width, box.height);
  const place = {
    ...size,
    x: box.x + (box.width - size.width) / 2,
    y: box.y + (box.height - size.height) / 2,
  };
  return `<p:pic><p:nvPicPr><p:cNvPr id="${id}" name="Picture ${id}" descr="${escapeXml(picture.alt)}"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:embed="${link}"/><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr>${transform(place)}<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr></p:pic>`;
}

const frame = (id: number, name: string, box: Box, uri: string, content: string) =>
  `<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="${id}" name="${name} ${id}"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr>${transform(box, 'p')}<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/${uri}">${content}</a:graphicData></a:graphic></p:graphicFrame>`;

async function chartShape(
  id: number,
  chart: Chart,
  box: Box,
  relations: Relations,
  writing: Writing,
): Promise<string> {
  writing.charts += 1;
  const name = `chart${writing.charts}`;
  const own = createRelations();
  const data = own.add('package', `../embeddings/${name}.xlsx`);
  const sheet = { name: 'Data', rows: chartRows(chart), head: false, charts: [], pictures: [] };
  writing.parts.set(`ppt/embeddings/${name}.xlsx`, await writeXlsx([sheet], writing.properties));
  writing.parts.set(
    `ppt/charts/${name}.xml`,
    chartXml(chart, { references: findReferences(chart, 'Data', sheet.rows), externalData: data }),
  );
  writing.parts.set(`ppt/charts/_rels/${name}.xml.rels`, own.xml());
  const link = relations.add('chart', `../charts/${name}.xml`);
  const inner = `<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" r:id="${link}"/>`;
  return frame(id, 'Chart', box, 'chart', inner);
}

function tableShape(
  id: number,
  rows: readonly (readonly (readonly Span[])[])[],
  box: Box,
  relations: Relations,
): string {
  const width = Math.max(1, ...rows.map((row) => row.length));
  const share = Math.floor(box.width / width);
  const height = Math.min(420_000, Math.floor(box.height / Math.max(1, rows.length)));
  const size = height < 300_000 ? 1_000 : 1_400;
  const lines = rows.map((row, at) => {
    const cells = Array.from({ length: width }, (_, index) => {
      const spans = (row[index] ?? []).map((span) => (at === 0 ? { ...span, bold: true } : span));
      const runs = spans.map((span) => runXml(span, size, relations)).join('');
      const fill = `<a:solidFill><a:srgbClr val="${at === 0 ? 'D8E4F2' : at % 2 === 0 ? 'F5F7FA' : 'FFFFFF'}"/></a:solidFill>`;
      return `<a:tc><a:txBody><a:bodyPr/><a:p>${runs}</a:p></a:txBody><a:tcPr>${fill}</a:tcPr></a:tc>`;
    });
    return `<a:tr h="${height}">${cells.join('')}</a:tr>`;
  });
  const grid = Array.from({ length: width }, () => `<a:gridCol w="${share}"/>`).join('');
  const table = `<a:tbl><a:tblPr firstRow="1" bandRow="1"/><a:tblGrid>${grid}</a:tblGrid>${lines.join('')}</a:tbl>`;
  return frame(id, 'Table', { ...box, height: height * rows.length }, 'table', table);
}
