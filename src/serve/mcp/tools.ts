// The tools as clients see them: names, search words, schemas that every host accepts, honest annotations.
// Schemas are written out: optional means left out (null is accepted too), and defaults are said in words,
// because some hosts drop `default`, `minimum` and `anyOf`.

import type { Tool } from '@modelcontextprotocol/server';

/** A property of a tool's schema. A type alias, so that it counts as JSON. */
type JsonProperty = {
  type: string;
  description: string;
  items?: { type: string };
  enum?: string[];
};

const string = (description: string): JsonProperty => ({ type: 'string', description });
const integer = (description: string): JsonProperty => ({ type: 'integer', description });
const strings = (description: string): JsonProperty => ({
  type: 'array',
  items: { type: 'string' },
  description,
});
const annotate = (readOnly: boolean, destructive: boolean, idempotent: boolean, openWorld: boolean) => ({
  readOnlyHint: readOnly,
  destructiveHint: destructive,
  idempotentHint: idempotent,
  openWorldHint: openWorld,
});

const WAIT =
  'Seconds to wait for the result before answering "running". Default 45, at most 540. Keep it below your own time limit for a tool call.';
const TASK_ID = string('The task_id that execute_task answered.');

/** All tools. `hub`: a skill hub is set up, so that searching may fetch from it. */
export function listTools({ hub }: { readonly hub: boolean }): Tool[] {
  return [
    {
      name: 'execute_task',
      title: 'Do a task',
      description:
        'Delegate a whole task to the OpenSpace agent: it runs shell commands, reads, writes and edits files, browses the web, makes documents, uses the skills that fit, and learns from how it went. Use it to delegate or hand over multi-step work, work that needs tools you lack, or work you tried without success. Answers with the result, or after wait_seconds with status "running" and a task_id: then call get_task. The task goes on meanwhile; do not start it twice.',
      inputSchema: {
        type: 'object',
        properties: {
          task: string('What is to be done, in words, with everything the agent has to know.'),
          workspace_dir: string(
            'Folder to work in, as an absolute path. Default: the configured workspace, else the folder that is open here, else a fresh one.',
          ),
          max_iterations: integer('Most model turns. Default: the configured number.'),
          skill_dirs: strings(
            'Folders with your own skills, as absolute paths. What is learnt goes into the first.',
          ),
          search_scope: {
            type: 'string',
            enum: ['all', 'local'],
            description:
              'Where to look for skills: "all" (default, with the skill hub if one is set up) or "local".',
          },
          wait_seconds: integer(WAIT),
        },
        required: ['task'],
      },
      annotations: annotate(false, true, false, true),
    },
    {
      name: 'search_skills',
      title: 'Find skills',
      description:
        'Search for a skill: proven instructions, workflows and scripts from earlier work, in the local library and the skill hub. Use it before you begin something that may have been done before (reports, PDF, spreadsheets, scraping, builds, data, deployment). Answers with names, descriptions and the path of each SKILL.md to read and follow.',
      inputSchema: {
        type: 'object',
        properties: {
          query: string('What you are about to do, in words.'),
          source: {
            type: 'string',
            enum: ['all', 'local', 'cloud'],
            description: 'Where to look: "all" (default), "local" or "cloud".',
          },
          limit: integer('Most results, 1 to 50. Default 20.'),
          auto_import: {
            type: 'boolean',
            description: 'Bring the best public hub skills into the local library, on trial. Default true.',
          },
        },
        required: ['query'],
      },
      annotations: hub ? annotate(false, false, true, true) : annotate(true, false, true, false),
    },
    ...sharedSkillTools(),
    ...taskTools(),
    ...reviewTools(),
  ];
}

function sharedSkillTools(): Tool[] {
  return [
    {
      name: 'fix_skill',
      title: 'Repair a skill',
      description:
        'Repair or improve a skill that is wrong, out of date or incomplete. Say what is wrong and how it should be; OpenSpace rewrites the skill, checks it and keeps the old version. Answers with the changed skill, or after wait_seconds with status "running" and a task_id: then call get_task.',
      inputSchema: {
        type: 'object',
        properties: {
          skill_dir: string('Folder of the skill, with its SKILL.md, as an absolute path.'),
          direction: string('What is wrong, and what should be changed.'),
          wait_seconds: integer(WAIT),
        },
        required: ['skill_dir', 'direction'],
      },
      annotations: annotate(false, false, false, true),
    },
    {
      name: 'upload_skill',
      title: 'Share a skill',
      description:
        'Upload, publish or share a skill with the skill hub, so that others can find and use it. Files with secrets are refused.',
      inputSchema: {
        type: 'object',
        properties: {
          skill_dir: string('Folder of the skill, with its SKILL.md, as an absolute path.'),
          visibility: {
            type: 'string',
            enum: ['public', 'private', 'group_only'],
            description: 'Who may see it. Default "public".',
          },
          origin: {
            type: 'string',
            enum: ['imported', 'captured', 'derived', 'fixed'],
            description: 'How it came to be. Default: as noted beside the skill, else "imported".',
          },
          parent_skill_ids: strings('Hub ids of the skills it was made from. Default: as noted, else none.'),
          tags: strings('Tags to find it by. Default: as noted, else none.'),
          created_by: string('Who made it. Default: as noted.'),
          change_summary: string('What changed, in a sentence. Default: as noted.'),
        },
        required: ['skill_dir'],
      },
      annotations: annotate(false, false, false, true),
    },
  ];
}

function taskTools(): Tool[] {
  return [
    {
      name: 'get_task',
      title: 'Result of a task',
      description:
        'Get the result, status or progress of a delegated task by its task_id. Waits until the task is done or wait_seconds are over. Works after a lost connection and a restart too.',
      inputSchema: {
        type: 'object',
        properties: {
          task_id: TASK_ID,
          wait_seconds: integer(WAIT),
          events_from: integer(
            'Show what happened, from the event of this number on: 0, then next_event of the last answer.',
          ),
          response_from: integer('Show a long answer from this character on.'),
        },
        required: ['task_id'],
      },
      annotations: annotate(true, false, true, false),
    },
    {
      name: 'cancel_task',
      title: 'Stop a task',
      description:
        'Cancel, stop or abort a delegated task that waits or runs. What it has done so far stays.',
      inputSchema: { type: 'object', properties: { task_id: TASK_ID }, required: ['task_id'] },
      annotations: annotate(false, false, true, false),
    },
    {
      name: 'list_tasks',
      title: 'Tasks so far',
      description:
        'List delegated tasks, newest first, with task_id and status: to find one again after a restart.',
      inputSchema: {
        type: 'object',
        properties: { limit: integer('Most tasks, 1 to 50. Default 20.') },
      },
      annotations: annotate(true, false, true, false),
    },
  ];
}

function reviewTools(): Tool[] {
  return [
    {
      name: 'list_proposals',
      title: 'Changes that wait',
      description:
        'List the skill changes that OpenSpace has learnt and proposes: new skills, repairs and retirements that wait for review. With change_id: the whole change with its diff, evidence and verdict.',
      inputSchema: {
        type: 'object',
        properties: {
          change_id: string('Show this one whole, with its diff.'),
          include_decided: {
            type: 'boolean',
            description: 'List what is decided, too. Default false.',
          },
          limit: integer('Most proposals, 1 to 50. Default 20.'),
        },
      },
      annotations: annotate(true, false, true, false),
    },
    {
      name: 'decide_proposal',
      title: 'Decide about a change',
      description:
        'Approve, reject or undo a proposed skill change. The decision is the user’s: show the diff from list_proposals and ask first.',
      inputSchema: {
        type: 'object',
        properties: {
          change_id: string('The change_id that list_proposals answered.'),
          decision: {
            type: 'string',
            enum: ['approve', 'approve_trusted', 'reject', 'undo'],
            description:
              '"approve" brings it into the library on trial, "approve_trusted" puts it in use at once, "reject" turns it down, "undo" takes an earlier decision back.',
          },
          reason: string('Why it is rejected.'),
        },
        required: ['change_id', 'decision'],
      },
      annotations: annotate(false, true, false, false),
    },
  ];
}

/** What hosts put into the system prompt. Nothing here is said only here: some hosts drop it. */
export const INSTRUCTIONS = `OpenSpace keeps skills (proven instructions from earlier work) and does whole tasks with them.
- Before work that may have been done before, call search_skills, then read and follow the SKILL.md of what fits.
- To hand a task over, call execute_task. If it answers "running", call get_task with the task_id until it is done.
- If a skill was wrong, call fix_skill. To share one, call upload_skill.`;
