// How an approval is asked on a terminal, and how the answer is read.
import type { Answer, Question } from '../agent/index.ts';
import { colors as pc } from './colors.ts';

/** The question as it is shown. */
export function questionText({ action, reason }: Question): string {
  return `${pc.yellow('?')} ${action}\n  ${pc.dim(reason)}\n  Allow? ${pc.dim('[y]es, [n]o, [a]lways in this folder, ne[v]er')} `;
}

/** Anything that is no clear yes is a no. */
export function readAnswer(text: string): Answer {
  const answer = text.trim().toLowerCase();
  if (answer === 'a' || answer === 'always') return 'always';
  if (answer === 'v' || answer === 'never') return 'never';
  return answer === 'y' || answer === 'yes';
}
