import { Component, type ReactNode } from 'react';
import { ProblemView } from './states.tsx';

/** Shows what failed in the page itself, instead of nothing. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {};

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <main style={{ padding: 32 }}>
        <ProblemView error={this.state.error} onRetry={() => location.reload()} />
      </main>
    );
  }
}
