// A diff as tables, a file each: unified or side by side, with the changed words marked.
import { memo, useMemo, useState } from 'react';
import { readStored, writeStored } from '../app/theme.ts';
import { useMessages } from '../i18n/language.ts';
import {
  changedWords,
  type DiffFile,
  type DiffLine,
  type DiffRow,
  inOneColumn,
  parseDiff,
  sideBySide,
} from './diff-lines.ts';

import { ScrollBox } from './scroll-box.tsx';

type Layout = 'unified' | 'split';
const KEY = 'openspace-diff';
/** Rows of a file that are drawn at once; more on demand. */
const MOST_ROWS = 600;

export default function DiffView({
  diff,
  canSplit = true,
}: {
  readonly diff: string;
  readonly canSplit?: boolean;
}) {
  const t = useMessages();
  const files = useMemo(() => parseDiff(diff), [diff]);
  const [layout, setLayout] = useState<Layout>(readStored(KEY) === 'split' ? 'split' : 'unified');
  const choose = (next: Layout) => {
    writeStored(KEY, next);
    setLayout(next);
  };
  if (files.length === 0) return <p className="quiet-text">{t.diff.same}</p>;
  return (
    <div className="diff">
      {canSplit ? (
        <div className="diff-tools">
          <span className="diff-sums">{t.diff.files(files.length)}</span>
          <fieldset className="filters diff-layouts">
            <legend className="sr">{t.diff.layout}</legend>
            {(['unified', 'split'] as const).map((one) => (
              <button key={one} type="button" aria-pressed={one === layout} onClick={() => choose(one)}>
                {t.diff[one]}
              </button>
            ))}
          </fieldset>
        </div>
      ) : null}
      {files.map((file) => (
        <FileDiff key={file.key} file={file} layout={canSplit ? layout : 'unified'} />
      ))}
    </div>
  );
}

const FileDiff = memo(function FileDiff({
  file,
  layout,
}: {
  readonly file: DiffFile;
  readonly layout: Layout;
}) {
  const t = useMessages();
  const [isWhole, setWhole] = useState(false);
  const rows = useMemo(() => rowsOf(file, layout), [file, layout]);
  const shown = isWhole ? rows : rows.slice(0, MOST_ROWS);
  return (
    <figure className="diff-file">
      <figcaption>
        <span className="path">
          {file.from === null || file.from === '' ? null : <s>{file.from}</s>} {file.path || t.diff.text}
        </span>
        <span className="diff-added">+{file.added}</span>
        <span className="diff-removed">−{file.removed}</span>
      </figcaption>
      <ScrollBox className="diff-scroll" label={t.diff.of(file.path)}>
        <table className={`diff-table diff-${layout}`}>
          {layout === 'split' ? (
            <colgroup>
              <col className="diff-column-number" />
              <col />
              <col className="diff-column-number" />
              <col />
            </colgroup>
          ) : null}
          <thead className="sr">
            <tr>
              {layout === 'split' ? (
                <>
                  <th scope="col">{t.diff.lineBefore}</th>
                  <th scope="col">{t.diff.before}</th>
                  <th scope="col">{t.diff.lineAfter}</th>
                  <th scope="col">{t.diff.after}</th>
                </>
              ) : (
                <>
                  <th scope="col">{t.diff.lineBefore}</th>
                  <th scope="col">{t.diff.lineAfter}</th>
                  <th scope="col">{t.diff.text}</th>
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) =>
              row.kind === 'header' ? (
                <tr key={row.key} className="diff-hunk">
                  <td colSpan={4}>{row.text}</td>
                </tr>
              ) : row.kind === 'row' ? (
                <SplitRow key={row.key} row={row.row} />
              ) : (
                <tr key={row.key}>
                  <td className="diff-number">{row.line.before ?? ''}</td>
                  <td className="diff-number">{row.line.after ?? ''}</td>
                  <Cell line={row.line} other={row.other} />
                </tr>
              ),
            )}
          </tbody>
        </table>
      </ScrollBox>
      {shown.length < rows.length ? (
        <button type="button" className="button quiet more" onClick={() => setWhole(true)}>
          {t.diff.more(rows.length - shown.length)}
        </button>
      ) : null}
    </figure>
  );
});

type KeyedRow =
  | { readonly kind: 'header'; readonly key: string; readonly text: string }
  | { readonly kind: 'row'; readonly key: string; readonly row: DiffRow }
  | { readonly kind: 'line'; readonly key: string; readonly line: DiffLine; readonly other: DiffLine | null };

function rowsOf(file: DiffFile, layout: Layout): KeyedRow[] {
  return file.hunks.flatMap((hunk, hunkAt) => {
    const rows = sideBySide(hunk.lines);
    return [
      ...(hunk.header === '' ? [] : [{ kind: 'header' as const, key: `${hunkAt}`, text: hunk.header }]),
      ...(layout === 'split'
        ? rows.map((row, at) => ({ kind: 'row' as const, key: `${hunkAt}.${at}`, row }))
        : inOneColumn(rows).map((pair, at) => ({ kind: 'line' as const, key: `${hunkAt}.${at}`, ...pair }))),
    ];
  });
}

function SplitRow({ row }: { readonly row: DiffRow }) {
  const same = row.before !== null && row.before === row.after;
  return (
    <tr>
      <td className="diff-number">{row.before?.before ?? ''}</td>
      <Cell line={row.before} other={same ? null : row.after} />
      <td className="diff-number">{row.after?.after ?? ''}</td>
      <Cell line={row.after} other={same ? null : row.before} />
    </tr>
  );
}

const MARK: Record<DiffLine['kind'], string> = { same: ' ', added: '+', removed: '−', note: '' };

function Cell({ line, other }: { readonly line: DiffLine | null; readonly other: DiffLine | null }) {
  if (line === null) return <td className="diff-none" />;
  const words =
    other !== null && (line.kind === 'added' || line.kind === 'removed')
      ? changedWords(line.text, other.text, line.kind)
      : null;
  return (
    <td className={`diff-text diff-line-${line.kind}`}>
      <span className="diff-mark">{MARK[line.kind]}</span>
      {words === null
        ? line.text
        : words.map((word) => (word.changed ? <mark key={word.start}>{word.text}</mark> : word.text))}
    </td>
  );
}
