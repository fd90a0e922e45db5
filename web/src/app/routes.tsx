// Which address shows which page; each page's code is loaded when it is first visited.
import { createBrowserRouter, type RouteObject } from 'react-router';
import { NotFoundPage, RouteErrorPage } from './error-page.tsx';
import { Shell } from './shell.tsx';
import { StartPage } from './start-page.tsx';

const ROUTES: RouteObject[] = [
  {
    path: '/',
    element: <Shell />,
    errorElement: <RouteErrorPage />,
    hydrateFallbackElement: <StartPage />,
    children: [
      {
        errorElement: <RouteErrorPage />,
        children: [
          {
            index: true,
            lazy: async () => ({
              Component: (await import('../pages/overview/overview-page.tsx')).OverviewPage,
            }),
          },
          {
            path: 'skills',
            lazy: async () => ({ Component: (await import('../pages/skills/skills-page.tsx')).SkillsPage }),
          },
          {
            path: 'skills/:id/edit',
            lazy: async () => ({ Component: (await import('../pages/skill/edit-page.tsx')).EditPage }),
          },
          {
            path: 'skills/:id/:tab?',
            lazy: async () => ({ Component: (await import('../pages/skill/skill-page.tsx')).SkillPage }),
          },
          {
            path: 'runs',
            lazy: async () => ({ Component: (await import('../pages/runs/runs-page.tsx')).RunsPage }),
          },
          {
            path: 'runs/:id',
            lazy: async () => ({ Component: (await import('../pages/run/run-page.tsx')).RunPage }),
          },
          {
            path: 'review/:id?',
            lazy: async () => ({ Component: (await import('../pages/review/review-page.tsx')).ReviewPage }),
          },
          {
            path: 'settings',
            lazy: async () => ({
              Component: (await import('../pages/settings/settings-page.tsx')).SettingsPage,
            }),
          },
          { path: '*', element: <NotFoundPage /> },
        ],
      },
    ],
  },
];

export const makeRouter = () => createBrowserRouter(ROUTES);
