// The frame of all pages: navigation, live mark, language, theme.
import { Activity, BookOpen, Gauge, Inbox, SlidersHorizontal } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { NavLink, Outlet, ScrollRestoration, useLocation, useNavigation } from 'react-router';
import { useRoute } from '../api/queries.ts';
import { LANGUAGE_NAME, LANGUAGE_TAG, LANGUAGES, useSpeech } from '../i18n/language.ts';
import { ErrorState } from '../ui/states.tsx';
import { useToast } from '../ui/toasts.tsx';
import { LiveContext, type LiveState, useLiveStream } from './live.ts';
import { paths } from './paths.ts';
import { THEMES, useTheme } from './theme.ts';

export function Shell() {
  const { t } = useSpeech();
  const toast = useToast();
  const live = useLiveStream((end) => {
    if (end.error !== null) toast({ text: t.fix.failed(end.error), tone: 'bad' });
    else if (end.proposal_id !== null)
      toast({
        text: t.fix.ready,
        tone: 'good',
        link: { to: paths.review(end.proposal_id), text: t.fix.look },
      });
  });
  const about = useRoute('about', {});
  const main = useFocusOnNavigation();
  const isLoading = useNavigation().state === 'loading';
  return (
    <LiveContext value={live}>
      <a className="skip" href="#main">
        {t.nav.skip}
      </a>
      <div className="shell">
        <header className="rail">
          <NavLink to={paths.overview()} className="brand" aria-label={t.nav.home}>
            <Mark />
            <span>OpenSpace</span>
          </NavLink>
          <Navigation />
          <div className="rail-foot">
            <LiveMark state={live} />
            <Choices />
            <span className="version">{about.data ? `v${about.data.version}` : ''}</span>
          </div>
        </header>
        <main id="main" className="main" tabIndex={-1} ref={main} aria-busy={isLoading}>
          {about.error ? (
            <div className="page">
              <ErrorState error={about.error} retry={() => about.refetch()} />
            </div>
          ) : (
            <Outlet />
          )}
        </main>
      </div>
      <ScrollRestoration />
    </LiveContext>
  );
}

function Navigation() {
  const { t } = useSpeech();
  const waiting = useRoute('proposals', { query: { state: 'waiting', limit: 1 } }).data?.waiting ?? 0;
  const links = [
    { to: paths.overview(), text: t.nav.overview, Icon: Gauge, end: true },
    { to: paths.skills(), text: t.nav.skills, Icon: BookOpen },
    { to: paths.runs(), text: t.nav.runs, Icon: Activity },
    { to: paths.review(), text: t.nav.review, Icon: Inbox, count: waiting },
    { to: paths.settings(), text: t.nav.settings, Icon: SlidersHorizontal },
  ];
  return (
    <nav className="nav" aria-label={t.nav.label}>
      {links.map(({ to, text, Icon, end, count }) => (
        <NavLink key={to} to={to} end={end ?? false}>
          <Icon aria-hidden size={17} strokeWidth={1.75} />
          <span>{text}</span>
          {count ? (
            <span className="nav-count">
              {count}
              <span className="sr"> {t.nav.waiting}</span>
            </span>
          ) : null}
        </NavLink>
      ))}
    </nav>
  );
}

function LiveMark({ state }: { readonly state: LiveState }) {
  const { t } = useSpeech();
  return (
    <span className={`live live-${state}`} role="status">
      <span className="live-dot" aria-hidden />
      {t.live[state]}
    </span>
  );
}

function Choices() {
  const { t, language, setLanguage } = useSpeech();
  const [theme, setTheme] = useTheme();
  return (
    <div className="choices">
      <select
        aria-label={t.nav.language}
        value={language}
        onChange={(event) => {
          const next = LANGUAGES.find((one) => one === event.target.value);
          if (next) setLanguage(next);
        }}
      >
        {LANGUAGES.map((one) => (
          <option key={one} value={one} lang={LANGUAGE_TAG[one]}>
            {LANGUAGE_NAME[one]}
          </option>
        ))}
      </select>
      <select
        aria-label={t.nav.theme}
        value={theme}
        onChange={(event) => {
          const next = THEMES.find((one) => one === event.target.value);
          if (next) setTheme(next);
        }}
      >
        {THEMES.map((one) => (
          <option key={one} value={one}>
            {t.theme[one]}
          </option>
        ))}
      </select>
    </div>
  );
}

/** After a change of page the keyboard and screen readers go on at its start, not in the old page's menu. */
function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const page = pathname.split('/')[1] ?? '';
  const before = useRef(page);
  useEffect(() => {
    if (before.current !== page) main.current?.focus({ preventScroll: true });
    before.current = page;
  }, [page]);
  return main;
}

/** Two versions grown from one root. */
function Mark() {
  return (
    <svg viewBox="0 0 24 24" className="mark" aria-hidden="true" focusable="false">
      <path d="M7 6.500v11M7 14.500c0-4.500 10-2.500 10-7" />
      <circle cx="7" cy="4.500" r="2.200" />
      <circle cx="7" cy="19.500" r="2.200" />
      <circle cx="17" cy="5.500" r="2.200" />
    </svg>
  );
}
