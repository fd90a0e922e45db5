// The lineage as a graph: buttons over drawn lines, so that keyboard and screen readers walk it like any list.
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Lineage } from '../../../../src/serve/api/contract.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { ScrollBox } from '../../ui/scroll-box.tsx';
import { type PlacedNode, placeLineage } from './lineage-layout.ts';

interface Props {
  readonly lineage: Lineage;
  /** Id of the version that is looked at. */
  readonly chosen: string;
  readonly onChoose: (versionId: string) => void;
}

export function LineageGraph({ lineage, chosen, onChoose }: Props) {
  const t = useMessages();
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const placed = useMemo(() => placeLineage(lineage, opened), [lineage, opened]);
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Only on a new lineage: a later choice is made in view.
    if (lineage.nodes.length === 0) return;
    const element = frame.current?.querySelector<HTMLElement>('[aria-pressed="true"]');
    if (!element || !frame.current) return;
    frame.current.scrollLeft = element.offsetLeft - frame.current.clientWidth / 2 + element.offsetWidth / 2;
    frame.current.scrollTop = element.offsetTop - frame.current.clientHeight / 2 + element.offsetHeight / 2;
  }, [lineage]);
  return (
    <ScrollBox className="lineage" ref={frame} label={t.history.graph}>
      <div className="lineage-canvas" style={{ width: placed.width, height: placed.height }}>
        <svg width={placed.width} height={placed.height} aria-hidden="true" focusable="false">
          {placed.edges.map((edge) => (
            <path key={edge.key} className="lineage-edge" d={curveThrough(edge.points)} />
          ))}
        </svg>
        {placed.nodes.map((node) =>
          node.versions.length > 1 ? (
            <button
              key={node.id}
              type="button"
              className="lineage-node lineage-fold"
              style={{ left: node.x, top: node.y, width: node.width, height: node.height }}
              onClick={() => setOpened((before) => new Set([...before, node.id]))}
            >
              <b>{t.history.folded(node.versions.length)}</b>
              <span>{t.history.unfold}</span>
            </button>
          ) : (
            <Node key={node.id} node={node} own={lineage.skill_id} chosen={chosen} onChoose={onChoose} />
          ),
        )}
      </div>
    </ScrollBox>
  );
}

function Node(props: {
  node: PlacedNode;
  own: string;
  chosen: string;
  onChoose: (versionId: string) => void;
}) {
  const t = useMessages();
  const formats = useFormats();
  const { node, own, chosen, onChoose } = props;
  const version = node.versions[0];
  if (version === undefined) return null;
  const marks = [
    version.is_head ? 'is-head' : '',
    version.skill_id === own ? '' : 'is-other',
    version.state === 'rejected' || version.state === 'retired' ? 'is-out' : '',
  ];
  return (
    <button
      type="button"
      className={`lineage-node state-${version.state} ${marks.join(' ')}`}
      style={{ left: node.x, top: node.y, width: node.width, height: node.height }}
      aria-pressed={version.version_id === chosen}
      onClick={() => onChoose(version.version_id)}
    >
      <b className="clip">
        {t.skills.version(version.number)} <span>{t.origin[version.origin]}</span>
      </b>
      <span className="clip">
        {version.skill_id === own
          ? version.success.rate === null
            ? t.versionState[version.state]
            : `${formats.percent(version.success.rate)} · ${t.skills.uses(version.uses)}`
          : version.name}
      </span>
    </button>
  );
}

function curveThrough(points: readonly { readonly x: number; readonly y: number }[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let from = first;
  let path = `M${first.x},${first.y}`;
  for (const to of rest) {
    const middle = (from.x + to.x) / 2;
    path += `C${middle},${from.y} ${middle},${to.y} ${to.x},${to.y}`;
    from = to;
  }
  return path;
}
