// What catalogues are made with: plurals, and words that come from the server.

/** English has two forms. */
export const s = (count: number, one: string, many: string): string => (count === 1 ? one : many);

/** Texts for words that come from the server as any text: an unknown one is shown as it is. */
export const known = (texts: Record<string, string>): Readonly<Record<string, string | undefined>> => texts;
