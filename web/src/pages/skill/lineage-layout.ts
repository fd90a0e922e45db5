// Where the versions of a lineage stand: long quiet runs are folded into one node, the rest is laid out by dagre.
import { Graph, layout, type Point } from '@dagrejs/dagre';
import type { Lineage } from '../../../../src/serve/api/contract.ts';

type LineageNode = Lineage['nodes'][number];

export interface PlacedNode {
  readonly id: string;
  /** One version, or the versions of a folded run, oldest first. */
  readonly versions: readonly LineageNode[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedLineage {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly {
    readonly key: string;
    readonly points: readonly { readonly x: number; readonly y: number }[];
  }[];
  readonly width: number;
  readonly height: number;
}

const NODE = { width: 168, height: 58 };
const FOLD = { width: 124, height: 58 };
/** Shorter runs are shown whole. */
const LEAST_FOLDED = 6;
/** Versions next to the ends of a run that stay in view. */
const KEPT_AT_END = 2;

/** Nodes up to which the finer layout is used. */
const MOST_FINELY = 150;

/** `opened`: ids of folded runs that a person has opened. Pure. */
export function placeLineage(lineage: Lineage, opened: ReadonlySet<string>): PlacedLineage {
  const groups = foldRuns(lineage, opened);
  const groupOf = new Map(
    groups.flatMap((group) => group.versions.map((version) => [version.version_id, group.id])),
  );
  const graph = new Graph({ directed: true });
  graph.setGraph({
    ...{ rankdir: 'LR', nodesep: 14, ranksep: 34, marginx: 8, marginy: 8 },
    // The finer one takes seconds for hundreds of nodes.
    ranker: groups.length > MOST_FINELY ? 'longest-path' : 'network-simplex',
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const group of groups) graph.setNode(group.id, { ...(group.versions.length > 1 ? FOLD : NODE) });
  for (const edge of lineage.edges) {
    const from = groupOf.get(edge.from);
    const to = groupOf.get(edge.to);
    if (from !== undefined && to !== undefined && from !== to) graph.setEdge(from, to);
  }
  layout(graph);
  const size = graph.graph();
  return {
    nodes: groups.map((group) => {
      const placed = graph.node(group.id);
      const { width = 0, height = 0, x = 0, y = 0 } = placed;
      return { ...group, width, height, x: x - width / 2, y: y - height / 2 };
    }),
    edges: graph.edges().map((edge: { readonly v: string; readonly w: string }) => {
      const from = graph.node(edge.v);
      const to = graph.node(edge.w);
      // dagre ends a line wherever it meets the border; from side to side is calmer.
      const start = { x: (from.x ?? 0) + (from.width ?? 0) / 2, y: from.y ?? 0 };
      const end = { x: (to.x ?? 0) - (to.width ?? 0) / 2, y: to.y ?? 0 };
      const bends: readonly Point[] = graph.edge(edge).points ?? [];
      return { key: `${edge.v} ${edge.w}`, points: [start, ...bends.slice(1, -1), end] };
    }),
    width: size.width ?? 0,
    height: size.height ?? 0,
  };
}

interface Group {
  readonly id: string;
  readonly versions: readonly LineageNode[];
}

/** A run is a chain of versions of one skill with one parent and one child each, none of them the head. */
function foldRuns(lineage: Lineage, opened: ReadonlySet<string>): Group[] {
  const children = new Map<string, string[]>();
  const parents = new Map<string, string[]>();
  for (const edge of lineage.edges) {
    children.set(edge.from, [...(children.get(edge.from) ?? []), edge.to]);
    parents.set(edge.to, [...(parents.get(edge.to) ?? []), edge.from]);
  }
  const byId = new Map(lineage.nodes.map((node) => [node.version_id, node]));
  const isQuiet = (node: LineageNode) =>
    !node.is_head &&
    children.get(node.version_id)?.length === 1 &&
    parents.get(node.version_id)?.length === 1;
  const taken = new Set<string>();
  const groups: Group[] = [];
  for (const node of lineage.nodes) {
    if (taken.has(node.version_id)) continue;
    const run: LineageNode[] = [];
    for (
      let next: LineageNode | undefined = node;
      next && isQuiet(next) && next.skill_id === node.skill_id && !taken.has(next.version_id);
      next = byId.get(children.get(next.version_id)?.[0] ?? '')
    )
      run.push(next);
    for (const version of run.length > 0 ? run : [node]) taken.add(version.version_id);
    groups.push(...(run.length > 0 ? splitRun(run, opened) : [single(node)]));
  }
  return groups;
}

function splitRun(run: readonly LineageNode[], opened: ReadonlySet<string>): Group[] {
  const middle = run.slice(KEPT_AT_END, -KEPT_AT_END);
  const first = middle[0];
  if (first === undefined || middle.length < LEAST_FOLDED || opened.has(foldId(first)))
    return run.map(single);
  return [
    ...run.slice(0, KEPT_AT_END).map(single),
    { id: foldId(first), versions: middle },
    ...run.slice(-KEPT_AT_END).map(single),
  ];
}

const single = (node: LineageNode): Group => ({ id: node.version_id, versions: [node] });
const foldId = (first: LineageNode): string => `run ${first.version_id}`;
