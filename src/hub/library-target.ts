// The skill library as the place that skills are installed into: what comes from others starts on trial there.
import { OpenSpaceError } from '../lib/index.ts';
import type { CommitResult, Library, Skill, SkillFiles } from '../skills/index.ts';
import { hashOfFiles } from './content.ts';
import type { Target } from './install.ts';

/** `trust`: the user takes what is installed as trusted at once. `root`: where the lock file lies. */
export function libraryTarget(library: Library, root: string, options: { readonly trust: boolean }): Target {
  const current = (name: string): Skill | undefined => library.findSkill(name);
  return {
    root,
    async read(name) {
      const skill = current(name);
      const version = skill?.trial ?? skill?.head;
      return version === undefined ? undefined : library.read(version);
    },
    async put(name, files, { id, source, replace, quarantine }) {
      const skill = current(name);
      const cause = { author: source, reason: `Installed ${id} from ${source}` };
      if (skill !== undefined && !replace)
        throw new OpenSpaceError('already-exists', `The library has a skill "${name}" already.`, {
          hint: 'To make this its next version: --force',
        });
      if (skill !== undefined && (await takesBack(library, skill, files, cause)))
        return { place: 'the library', notes: ['The version before it is in use again.'] };
      const base = skill?.head ?? skill?.trial;
      const result = await library.commit({
        origin: 'imported',
        parents: base === undefined ? [] : [base],
        files,
        reason: cause.reason,
        author: cause.author,
        state: 'trial',
      });
      const notes = await settle(library, name, result, { quarantine, trust: options.trust, cause });
      return { place: 'the library', notes };
    },
  };
}

type Cause = { readonly author: string; readonly reason: string };

/** Going back to the head's own files means ending the trial that was made from it. */
async function takesBack(library: Library, skill: Skill, files: SkillFiles, cause: Cause): Promise<boolean> {
  if (skill.head === undefined || skill.trial === undefined) return false;
  if (library.getVersion(skill.head).filesHash !== hashOfFiles(files)) return false;
  const result = await library.rollback(skill.trial, cause);
  return result.ok;
}

async function settle(
  library: Library,
  name: string,
  result: CommitResult,
  options: { quarantine: boolean; trust: boolean; cause: Cause },
): Promise<string[]> {
  if (!result.ok) {
    if (result.reason === 'unchanged') return ['The library has exactly these files already.'];
    const [finding] = result.findings;
    throw new OpenSpaceError(
      result.reason === 'stale-head' ? 'stale-head' : 'unsafe',
      `"${name}" is refused: ${finding?.message ?? result.reason}`,
      {
        hint: finding?.hint,
      },
    );
  }
  if (options.quarantine || result.skill.quarantined)
    return [
      `"${name}" is quarantined. Look at it (openspace skills show ${name}) and release it if it is sound.`,
    ];
  if (!options.trust)
    return [
      `"${name}" is on trial: runs may try it, and it is trusted once it has proved itself. To trust it now: --trust`,
    ];
  const promoted = await library.promote(result.version.versionId, options.cause);
  if (promoted.ok) return [];
  return [promoted.findings[0]?.message ?? `"${name}" stays on trial.`];
}
