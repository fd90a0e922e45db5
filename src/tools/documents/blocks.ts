// What a document is made of, between Markdown and the file formats.
import { z } from 'zod';

export interface Span {
  readonly text: string;
  readonly bold?: boolean;
  readonly italic?: boolean;
  readonly code?: boolean;
  readonly link?: string;
}

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly spans: readonly Span[] }
  | { readonly kind: 'paragraph'; readonly spans: readonly Span[] }
  | {
      readonly kind: 'item';
      readonly depth: number;
      /** Undefined for a bullet. `list` tells lists apart, so that each counts for itself. */
      readonly number: number | undefined;
      readonly list: number;
      readonly spans: readonly Span[];
    }
  | { readonly kind: 'quote'; readonly spans: readonly Span[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'table'; readonly rows: readonly (readonly (readonly Span[])[])[] }
  | { readonly kind: 'picture'; readonly path: string; readonly alt: string }
  | { readonly kind: 'chart'; readonly chart: Chart }
  | { readonly kind: 'break' };

/** A chart as models write it. Labels go along the axis, one value of each series for each label. */
export const chartSchema = z
  .strictObject({
    type: z.enum(['bar', 'column', 'line', 'pie', 'area']),
    title: z.string().max(300).optional(),
    labels: z
      .array(z.union([z.string(), z.number().transform(String)]))
      .min(1)
      .max(1_000),
    series: z
      .array(z.strictObject({ name: z.string().max(200), values: z.array(z.number().nullable()).max(1_000) }))
      .min(1)
      .max(20),
  })
  .refine((chart) => chart.series.every(({ values }) => values.length === chart.labels.length), {
    message: 'each series needs as many values as there are labels',
  });
export type Chart = z.output<typeof chartSchema>;

export const plainText = (spans: readonly Span[]) => spans.map((span) => span.text).join('');

/** Colours of series, in order. Distinct in grey and for the colour-blind. */
export const COLORS = [
  '2F6DB5',
  'E08A1E',
  '3B9C6B',
  'C2453D',
  '7D5BA6',
  '7A6652',
  'CF6FA8',
  '6E7781',
] as const;
export const colorOf = (index: number): string => COLORS[index % COLORS.length] ?? COLORS[0];
