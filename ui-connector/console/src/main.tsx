import { options, render } from 'preact';
import './style.css';
import { register } from './model/session';
import { App } from './views/App';

// Events come faster than a screen shows them.
options.debounceRendering = (draw) => void requestAnimationFrame(draw);

const root = document.getElementById('app');
if (root) render(<App />, root);
void register();
