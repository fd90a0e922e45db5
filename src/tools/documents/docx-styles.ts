// The look of written Word documents: styles and list numbering.
import { colorOf } from './blocks.ts';
import { XML_HEAD } from './xml.ts';

const WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';

interface StyleOptions {
  readonly type?: 'paragraph' | 'character';
  readonly paragraph?: string;
  readonly run?: string;
  readonly next?: string;
}

function style(id: string, name: string, options: StyleOptions): string {
  const type = options.type ?? 'paragraph';
  const based = type === 'paragraph' && id !== 'Normal' ? '<w:basedOn w:val="Normal"/>' : '';
  const next = options.next === undefined ? '' : `<w:next w:val="${options.next}"/>`;
  const isDefault = id === 'Normal' ? ' w:default="1"' : '';
  const paragraph = options.paragraph === undefined ? '' : `<w:pPr>${options.paragraph}</w:pPr>`;
  const run = options.run === undefined ? '' : `<w:rPr>${options.run}</w:rPr>`;
  return `<w:style w:type="${type}"${isDefault} w:styleId="${id}"><w:name w:val="${name}"/>${based}${next}<w:qFormat/>${paragraph}${run}</w:style>`;
}

const HEADING_SIZES = [36, 28, 24, 22, 22, 22];
const headings = HEADING_SIZES.map((size, index) =>
  style(`Heading${index + 1}`, `heading ${index + 1}`, {
    next: 'Normal',
    paragraph: `<w:keepNext/><w:keepLines/><w:spacing w:before="${index === 0 ? 120 : 280}" w:after="100"/><w:outlineLvl w:val="${index}"/>`,
    run: `<w:b/><w:color w:val="${colorOf(0)}"/><w:sz w:val="${size}"/>`,
  }),
);

const MONO = '<w:rFonts w:ascii="Consolas" w:hAnsi="Consolas" w:cs="Consolas"/><w:sz w:val="19"/>';
const border = (side: string) => `<w:${side} w:val="single" w:sz="4" w:space="0" w:color="BFC6D0"/>`;

export const STYLES = `${XML_HEAD}<w:styles ${WORD}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Noto Sans CJK SC" w:cs="Calibri"/><w:sz w:val="22"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="140" w:line="269" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>${[
  style('Normal', 'Normal', {}),
  ...headings,
  style('ListParagraph', 'List Paragraph', { paragraph: '<w:spacing w:after="60"/><w:contextualSpacing/>' }),
  style('Quote', 'Quote', {
    paragraph: `<w:pBdr><w:left w:val="single" w:sz="18" w:space="8" w:color="${colorOf(0)}"/></w:pBdr><w:ind w:left="400"/>`,
    run: '<w:i/><w:color w:val="505A66"/>',
  }),
  style('Code', 'Code', {
    paragraph: '<w:shd w:val="clear" w:color="auto" w:fill="F2F4F7"/><w:spacing w:after="0"/>',
    run: MONO,
  }),
  style('TableText', 'Table Text', {
    paragraph: '<w:spacing w:before="40" w:after="40" w:line="240" w:lineRule="auto"/>',
  }),
  style('Figure', 'Figure', {
    paragraph: '<w:keepLines/><w:spacing w:before="120" w:after="160"/><w:jc w:val="center"/>',
  }),
  style('Footer', 'footer', { run: '<w:color w:val="6E7781"/><w:sz w:val="18"/>' }),
  style('CodeText', 'Code Text', {
    type: 'character',
    run: `${MONO}<w:shd w:val="clear" w:color="auto" w:fill="F2F4F7"/>`,
  }),
  style('Hyperlink', 'Hyperlink', {
    type: 'character',
    run: '<w:color w:val="0B5CAD"/><w:u w:val="single"/>',
  }),
].join(
  '',
)}<w:style w:type="table" w:styleId="Report"><w:name w:val="Report Table"/><w:tblPr><w:tblBorders>${['top', 'left', 'bottom', 'right', 'insideH', 'insideV'].map(border).join('')}</w:tblBorders><w:tblCellMar><w:left w:w="100" w:type="dxa"/><w:right w:w="100" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="E6EDF6"/></w:tcPr></w:tblStylePr></w:style></w:styles>`;

/** `numId` of the bullets, and of the first numbered list. */
export const NUMBERING = { bullets: 1, firstNumbered: 2 } as const;

const level = (index: number, format: string, text: string) =>
  `<w:lvl w:ilvl="${index}"><w:start w:val="1"/><w:numFmt w:val="${format}"/><w:lvlText w:val="${text}"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="${(index + 1) * 420}" w:hanging="360"/></w:pPr></w:lvl>`;

const LEVELS = Array.from({ length: 9 }, (_, index) => index);

/** Each numbered list counts for itself: it has a `num` with a start of its own. */
export function numberingXml(lists: readonly { id: number; start: number; depth: number }[]): string {
  const bullets = LEVELS.map((index) => level(index, 'bullet', ['•', '–', '▪'][index % 3] ?? '•')).join('');
  const numbers = LEVELS.map((index) =>
    level(index, ['decimal', 'lowerLetter', 'lowerRoman'][index % 3] ?? 'decimal', `%${index + 1}.`),
  ).join('');
  const own = lists.map(
    ({ id, start, depth }) =>
      `<w:num w:numId="${id}"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="${depth}"><w:startOverride w:val="${start}"/></w:lvlOverride></w:num>`,
  );
  return `${XML_HEAD}<w:numbering ${WORD}><w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="hybridMultilevel"/>${bullets}</w:abstractNum><w:abstractNum w:abstractNumId="1"><w:multiLevelType w:val="multilevel"/>${numbers}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>${own.join('')}</w:numbering>`;
}
