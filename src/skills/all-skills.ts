// Every usable skill of a library.
import type { Library } from './library.ts';
import type { Skill } from './skill.ts';

const PAGE = 1_000;

/** By name, a page at a time; what `Library.list` leaves out is left out here too. */
export function* allSkills(library: Library): Generator<Skill> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = library.list({ limit: PAGE, after });
    yield* page.skills;
    after = page.next;
  }
}
