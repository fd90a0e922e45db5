// Addresses of the pages. Ids may hold any character, so they are encoded here and nowhere else.
const encode = encodeURIComponent;

export const SKILL_TABS = ['text', 'history', 'compare', 'blame', 'uses', 'trust'] as const;
export type SkillTab = (typeof SKILL_TABS)[number];

export const paths = {
  overview: () => '/',
  skills: (query: Record<string, string> = {}) => withQuery('/skills', query),
  skill: (id: string, tab: SkillTab = 'text', query: Record<string, string> = {}) =>
    withQuery(tab === 'text' ? `/skills/${encode(id)}` : `/skills/${encode(id)}/${tab}`, query),
  editSkill: (id: string) => `/skills/${encode(id)}/edit`,
  runs: (query: Record<string, string> = {}) => withQuery('/runs', query),
  run: (id: string, seq?: number) => `/runs/${encode(id)}${seq === undefined ? '' : `#event-${seq}`}`,
  review: (id?: string) => (id === undefined ? '/review' : `/review/${encode(id)}`),
  settings: () => '/settings',
};

function withQuery(path: string, query: Record<string, string>): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}
