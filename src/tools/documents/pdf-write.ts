// Writes PDF files from blocks: text with page breaks, lists, tables, pictures and drawn charts.
import PdfDocument from 'pdfkit';
import { type Block, type Chart, plainText, type Span } from './blocks.ts';
import { drawChart } from './chart-draw.ts';
import type { DocumentProperties } from './docx-write.ts';
import { findFont, isWestern } from './fonts.ts';
import type { Picture } from './pictures.ts';

export interface PdfFonts {
  readonly regular: string;
  readonly bold: string;
  readonly italic: string;
  readonly code: string;
}

type Pdf = InstanceType<typeof PdfDocument>;

const MARGIN = 62;
const TEXT_SIZE = 10.5;
const HEADING_SIZES = [20, 15.5, 13, 11.5, 11, 10.5];
const BLUE = '#2F6DB5';
const INK = '#1B2430';

/** `unwritable`: characters for which this machine has no font, if there were any. */
export async function writePdf(
  blocks: readonly Block[],
  pictures: ReadonlyMap<string, Picture>,
  properties: DocumentProperties,
): Promise<{ readonly bytes: Buffer; readonly pages: number; readonly unwritable: string }> {
  const pdf = new PdfDocument({
    size: 'A4',
    margins: { top: MARGIN, bottom: MARGIN, left: MARGIN, right: MARGIN },
    bufferPages: true,
    info: { Title: properties.title ?? '', CreationDate: properties.created, Producer: 'OpenSpace' },
  });
  const chunks: Buffer[] = [];
  pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve, reject) => {
    pdf.once('end', resolve);
    pdf.once('error', reject);
  });
  const { fonts, unwritable } = chooseFonts(pdf, blocks);
  for (const block of blocks) drawBlock(pdf, block, fonts, pictures);
  const pages = pdf.bufferedPageRange().count;
  for (let page = 0; page < pages; page += 1) drawPageNumber(pdf, page, pages, fonts);
  pdf.end();
  await ended;
  return { bytes: Buffer.concat(chunks), pages, unwritable };
}

/** One font for the whole document: mixing would change the look in the middle of a line. */
function chooseFonts(pdf: Pdf, blocks: readonly Block[]): { fonts: PdfFonts; unwritable: string } {
  const text = blocks.map(textOfBlock).join('\n');
  const builtIn: PdfFonts = {
    regular: 'Helvetica',
    bold: 'Helvetica-Bold',
    italic: 'Helvetica-Oblique',
    code: 'Courier',
  };
  if (isWestern(text)) return { fonts: builtIn, unwritable: '' };
  const found = findFont(text);
  if (found === undefined) {
    const missing = [...new Set(text)].filter((character) => !isWestern(character)).slice(0, 20);
    return { fonts: builtIn, unwritable: missing.join('') };
  }
  pdf.registerFont('found', found.file, found.face);
  const bold = found.bold === undefined ? 'found' : 'found bold';
  if (found.bold !== undefined) pdf.registerFont('found bold', found.bold.file, found.bold.face);
  return { fonts: { regular: 'found', bold, italic: 'found', code: 'found' }, unwritable: '' };
}

function textOfBlock(block: Block): string {
  if (block.kind === 'table') return block.rows.flatMap((row) => row.map(plainText)).join(' ');
  if (block.kind === 'chart') {
    const { title = '', labels, series } = block.chart;
    return [title, ...labels, ...series.map(({ name }) => name)].join(' ');
  }
  if (block.kind === 'code') return block.text;
  return 'spans' in block ? plainText(block.spans) : '';
}

function drawBlock(pdf: Pdf, block: Block, fonts: PdfFonts, pictures: ReadonlyMap<string, Picture>): void {
  const left = MARGIN;
  const width = pdf.page.width - 2 * MARGIN;
  switch (block.kind) {
    case 'heading': {
      const size = HEADING_SIZES[Math.min(5, block.level - 1)] ?? TEXT_SIZE;
      ensureRoom(pdf, size * 4); // a heading never stands alone at the end of a page
      pdf.moveDown(block.level === 1 ? 0.2 : 0.7);
      pdf.font(fonts.bold, size).fillColor(BLUE).text(plainText(block.spans), left, pdf.y, { width });
      pdf.moveDown(0.35).fillColor(INK);
      return;
    }
    case 'paragraph':
      drawSpans(pdf, block.spans, fonts, { x: left, width });
      return;
    case 'quote': {
      const top = pdf.y;
      const page = pdf.page;
      drawSpans(
        pdf,
        block.spans.map((span) => ({ ...span, italic: true })),
        fonts,
        { x: left + 14, width: width - 14 },
      );
      if (pdf.page === page)
        pdf
          .rect(left, top, 2.5, pdf.y - top - 6)
          .fill(BLUE)
          .fillColor(INK);
      return;
    }
    case 'item': {
      const indent = 16 * (block.depth + 1);
      ensureRoom(pdf, TEXT_SIZE * 2);
      const mark = block.number === undefined ? '•' : `${block.number}.`;
      const top = pdf.y;
      pdf
        .font(fonts.regular, TEXT_SIZE)
        .fillColor(INK)
        .text(mark, left + indent - 14, top, { lineBreak: false });
      pdf.y = top;
      drawSpans(pdf, block.spans, fonts, { x: left + indent, width: width - indent });
      return;
    }
    case 'code':
      pdf
        .font(fonts.code, 9)
        .fillColor('#33404F')
        .text(block.text, left + 8, pdf.y, { width: width - 8 });
      pdf.moveDown(0.6).fillColor(INK);
      return;
    case 'table':
      drawTable(pdf, block.rows, fonts, width);
      return;
    case 'picture':
      drawPicture(pdf, pictures.get(block.path), width);
      return;
    case 'chart':
      ensureRoom(pdf, 240);
      drawChartBlock(pdf, block.chart, fonts, width);
      return;
    case 'break':
      pdf.addPage();
  }
}

function drawChartBlock(pdf: Pdf, chart: Chart, fonts: PdfFonts, width: number): void {
  const top = pdf.y;
  drawChart(pdf, chart, { x: MARGIN, y: top, width, height: 230 }, fonts);
  pdf.x = MARGIN; // the labels have moved both
  pdf.y = top + 245;
}

function ensureRoom(pdf: Pdf, height: number): void {
  if (pdf.y + height > pdf.page.height - MARGIN) pdf.addPage();
}

function drawSpans(
  pdf: Pdf,
  spans: readonly Span[],
  fonts: PdfFonts,
  box: { x: number; width: number },
): void {
  const shown = spans.filter((span) => span.text !== '');
  for (const [index, span] of shown.entries()) {
    const font = span.code ? fonts.code : span.bold ? fonts.bold : span.italic ? fonts.italic : fonts.regular;
    const isLink = span.link !== undefined && /^(?:https?|mailto):/i.test(span.link);
    const options = {
      width: box.width,
      continued: index < shown.length - 1,
      lineGap: 2.5,
      link: isLink ? span.link : null,
      underline: isLink,
    };
    pdf.font(font, TEXT_SIZE).fillColor(isLink ? '#0B5CAD' : INK);
    if (index === 0) pdf.text(span.text, box.x, pdf.y, options as PDFKit.Mixins.TextOptions);
    else pdf.text(span.text, options as PDFKit.Mixins.TextOptions);
  }
  pdf.moveDown(0.45).fillColor(INK);
}

function drawTable(
  pdf: Pdf,
  rows: readonly (readonly (readonly Span[])[])[],
  fonts: PdfFonts,
  width: number,
): void {
  const columns = Math.max(1, ...rows.map((row) => row.length));
  const cells = rows.map((row) => Array.from({ length: columns }, (_, index) => plainText(row[index] ?? [])));
  const longest = Array.from({ length: columns }, (_, index) =>
    Math.min(40, Math.max(6, ...cells.map((row) => row[index]?.length ?? 0))),
  );
  const total = longest.reduce((sum, length) => sum + length, 0);
  const widths = longest.map((length) => (length / total) * width);
  const padding = 5;
  for (const [at, row] of cells.entries()) {
    pdf.font(at === 0 ? fonts.bold : fonts.regular, 9.5);
    const heights = row.map((text, index) =>
      pdf.heightOfString(text, { width: (widths[index] ?? 0) - 2 * padding }),
    );
    const height = Math.max(12, ...heights) + 2 * padding;
    ensureRoom(pdf, height);
    const top = pdf.y;
    let x = MARGIN;
    for (const [index, text] of row.entries()) {
      const cell = widths[index] ?? 0;
      pdf.rect(x, top, cell, height).fillAndStroke(at === 0 ? '#E6EDF6' : '#FFFFFF', '#BFC6D0');
      pdf.fillColor(INK).text(text, x + padding, top + padding, { width: cell - 2 * padding });
      x += cell;
    }
    pdf.x = MARGIN;
    pdf.y = top + height;
  }
  pdf.moveDown(0.8);
}

function drawPicture(pdf: Pdf, picture: Picture | undefined, width: number): void {
  if (picture === undefined || picture.info.extension === 'gif') return; // the format knows no GIF
  const scale = Math.min(1, width / (picture.info.width * 0.75), 560 / (picture.info.height * 0.75));
  const size = { width: picture.info.width * 0.75 * scale, height: picture.info.height * 0.75 * scale };
  ensureRoom(pdf, size.height + 12);
  pdf.image(Buffer.from(picture.data), MARGIN + (width - size.width) / 2, pdf.y, size);
  pdf.x = MARGIN;
  pdf.y += size.height + 12;
}

function drawPageNumber(pdf: Pdf, page: number, pages: number, fonts: PdfFonts): void {
  pdf.switchToPage(page);
  pdf.page.margins.bottom = 0; // else writing down there would start a new page
  pdf.font(fonts.regular, 8.5).fillColor('#6E7781');
  pdf.text(`${page + 1} / ${pages}`, MARGIN, pdf.page.height - 38, {
    width: pdf.page.width - 2 * MARGIN,
    align: 'center',
    lineBreak: false,
  });
}
