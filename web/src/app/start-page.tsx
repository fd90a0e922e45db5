// What is shown while the first page's code is on its way.
import { Loading } from '../ui/states.tsx';

export function StartPage() {
  return (
    <div className="shell">
      <div className="rail" />
      <div className="main">
        <div className="page">
          <Loading lines={6} />
        </div>
      </div>
    </div>
  );
}
