import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { useAbout, useSession } from './api/queries.ts';
import { ErrorBoundary } from './components/error-boundary.tsx';
import { Shell } from './components/shell/shell.tsx';
import { ProblemView } from './components/states.tsx';
import { paths } from './lib/paths.ts';

const SetupPage = lazy(() => import('./pages/sign-in/setup-page.tsx'));
const SignInPage = lazy(() => import('./pages/sign-in/sign-in-page.tsx'));
const RegistriesPage = lazy(() => import('./pages/registries/registries-page.tsx'));
const ConnectPage = lazy(() => import('./pages/connect/connect-page.tsx'));
const EditPage = lazy(() => import('./pages/connect/edit-page.tsx'));
const RegistryPage = lazy(() => import('./pages/registry/registry-page.tsx'));
const ImagesPage = lazy(() => import('./pages/images/images-page.tsx'));
const PlacePage = lazy(() => import('./pages/image/place-page.tsx'));
const DistributionPage = lazy(() => import('./pages/distribution/distribution-page.tsx'));
const NewCopyPage = lazy(() => import('./pages/distribution/new-copy-page.tsx'));
const CopyPage = lazy(() => import('./pages/distribution/copy-page.tsx'));
const NewRulePage = lazy(() => import('./pages/sync/new-rule-page.tsx'));
const EditRulePage = lazy(() => import('./pages/sync/edit-rule-page.tsx'));
const RulePage = lazy(() => import('./pages/sync/rule-page.tsx'));
const ImportRulesPage = lazy(() => import('./pages/sync/import-rules-page.tsx'));
const AlertsPage = lazy(() => import('./pages/alerts/alerts-page.tsx'));
const ImportPage = lazy(() => import('./pages/import/import-page.tsx'));
const ActivityPage = lazy(() => import('./pages/activity/activity-page.tsx'));
const SettingsPage = lazy(() => import('./pages/settings/settings-page.tsx'));
const NotFoundPage = lazy(() => import('./pages/not-found-page.tsx'));

/** Who is here decides what is shown: set-up, sign-in, or the pages. The address stays, so that a deep link survives signing in. */
export function App() {
  const about = useAbout();
  const session = useSession();
  const [location] = useLocation();

  if (session.isPending || about.isPending) return <div aria-busy="true" />;
  if (session.error ?? about.error) {
    return (
      <main style={{ padding: 32 }}>
        <ProblemView
          error={session.error ?? about.error}
          onRetry={() => {
            void about.refetch();
            void session.refetch();
          }}
        />
      </main>
    );
  }
  if (!session.data) {
    return (
      <Suspense fallback={null}>{about.data?.setupNeeded === true || location === '/setup' ? <SetupPage /> : <SignInPage />}</Suspense>
    );
  }
  return (
    <Shell session={session.data}>
      <ErrorBoundary key={location}>
        <Suspense fallback={null}>
          <Pages />
        </Suspense>
      </ErrorBoundary>
    </Shell>
  );
}

function Pages() {
  return (
    <Switch>
      <Route path="/registries">
        <RegistriesPage />
      </Route>
      <Route path="/connect">
        <ConnectPage />
      </Route>
      <Route path="/registries/:name/edit">{({ name }) => <EditPage key={name} name={decodeURIComponent(name)} />}</Route>
      <Route path="/registries/:name/:tab?">
        {({ name, tab }) => <RegistryPage key={name} name={decodeURIComponent(name)} tab={tab ?? 'overview'} />}
      </Route>
      <Route path="/images">
        <ImagesPage />
      </Route>
      <Route path="/images/:registry/*">
        {(params) => <PlacePage registry={decodeURIComponent(params.registry)} rest={params['*'] ?? ''} />}
      </Route>
      <Route path="/distribution/new">
        <NewCopyPage />
      </Route>
      <Route path="/distribution/copies/:id">{({ id }) => <CopyPage key={id} id={decodeURIComponent(id)} />}</Route>
      <Route path="/distribution/rules/new">
        <NewRulePage />
      </Route>
      <Route path="/distribution/rules/import">
        <ImportRulesPage />
      </Route>
      <Route path="/distribution/rules/:id/edit">{({ id }) => <EditRulePage key={id} id={decodeURIComponent(id)} />}</Route>
      <Route path="/distribution/rules/:id">{({ id }) => <RulePage key={id} id={decodeURIComponent(id)} />}</Route>
      <Route path="/distribution/:tab?">{({ tab }) => <DistributionPage tab={tab ?? 'copies'} />}</Route>
      <Route path="/alerts">
        <AlertsPage />
      </Route>
      <Route path="/import">
        <ImportPage />
      </Route>
      <Route path="/activity">
        <ActivityPage />
      </Route>
      <Route path="/settings/:tab?">{({ tab }) => <SettingsPage tab={tab ?? 'account'} />}</Route>
      <Route path="/">
        <Redirect to={paths.registries} replace />
      </Route>
      <Route path="/setup">
        <Redirect to={paths.registries} replace />
      </Route>
      <Route>
        <NotFoundPage />
      </Route>
    </Switch>
  );
}
