import { problemOf } from '../../api/problem.ts';
import type { SyncReport } from '../../api/types.ts';
import { Chip, Panel } from '../../components/bits.tsx';
import { BusyButton } from '../../components/busy-button.tsx';
import { Notice, ProblemView } from '../../components/states.tsx';
import { problemFields } from '../../lib/draft-check.ts';
import { plural } from '../../lib/format.ts';
import { itemWords, placeWords, sortItems } from '../../lib/sync-items.ts';
import { planSentence } from '../../lib/sync-words.ts';
import { ItemText } from './item-list.tsx';
import { ReportFacts } from './report-facts.tsx';
import { FirstItems, ReportWarnings } from './report-warnings.tsx';
import styles from './sync.module.css';
import type { DraftPlan } from './use-draft-plan.ts';

const shownItems = 8;

/** Beside the form: what the settings would do, as they are now. */
export function PlanPanel({ plan }: { plan: DraftPlan }) {
  return (
    <Panel
      title="Plan"
      actions={
        plan.pending && (
          <BusyButton size="compact-sm" variant="default" busy={false} onClick={plan.cancel}>
            Stop
          </BusyButton>
        )
      }
    >
      <div className={styles.stack}>
        {plan.pending && (
          <p className="dim" role="status" style={{ margin: 0 }}>
            Listing the source and comparing each tag. Nothing is changed…
          </p>
        )}
        {!plan.pending && plan.error !== null && <PlanFailure error={plan.error} />}
        {!plan.pending && plan.error === null && plan.report === undefined && (
          <p className="dim" style={{ margin: 0 }}>
            “Show the plan” lists the source, compares each tag with the destination, and says what a run would copy and delete. It changes
            nothing.
          </p>
        )}
        {!plan.pending && plan.report && (
          <>
            {plan.outdated && (
              <Notice kind="warning" role="status">
                The settings were changed since. Show the plan again.
              </Notice>
            )}
            <Report report={plan.report} />
          </>
        )}
      </div>
    </Panel>
  );
}

/** What is said at the fields need not be said here as well. */
function PlanFailure({ error }: { error: unknown }) {
  const atFault = Object.keys(problemFields(problemOf(error))).length;
  if (atFault === 0) return <ProblemView error={error} />;
  return (
    <Notice kind="bad" role="alert">
      No plan could be made: {plural(atFault, 'setting is', 'settings are')} to be corrected first.
    </Notice>
  );
}

function Report({ report }: { report: SyncReport }) {
  const items = sortItems(report.items);
  return (
    <>
      <p role="status" style={{ margin: 0 }}>
        {planSentence(report.counts)}
      </p>
      <ReportFacts counts={report.counts} kind="plan" />
      <ReportWarnings items={report.items} partial={report.partial} />
      {items.length > 0 && (
        <FirstItems more={items.length - shownItems}>
          {items.slice(0, shownItems).map((item) => {
            const { text, kind } = itemWords(item);
            return (
              <li key={`${item.action} ${placeWords(item.destination)} ${item.source ? placeWords(item.source) : ''}`}>
                <span>
                  <Chip kind={kind}>{text}</Chip>
                </span>
                <span className={styles.itemText}>
                  <ItemText item={item} />
                </span>
              </li>
            );
          })}
        </FirstItems>
      )}
    </>
  );
}
