// What is shown where a page failed, or where there is none.
import { Link, useRouteError } from 'react-router';
import { useMessages } from '../i18n/language.ts';
import { Page } from '../ui/page.tsx';
import { paths } from './paths.ts';

export function RouteErrorPage() {
  const t = useMessages();
  const error = useRouteError();
  return (
    <Page title={t.states.broken}>
      <p className="lead" role="alert">
        {error instanceof Error ? error.message : String(error)}
      </p>
      <p className="actions">
        <button type="button" className="button" onClick={() => location.reload()}>
          {t.states.reload}
        </button>
        <Link className="button quiet" to={paths.overview()}>
          {t.nav.overview}
        </Link>
      </p>
    </Page>
  );
}

export function NotFoundPage() {
  const t = useMessages();
  return (
    <Page title={t.states.noSuchPage}>
      <p className="lead">{t.states.noSuchPageText}</p>
      <p className="actions">
        <Link className="button" to={paths.overview()}>
          {t.nav.overview}
        </Link>
      </p>
    </Page>
  );
}
