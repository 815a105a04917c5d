import { render } from 'preact';
import './style.css';
import { register } from './model/session';
import { App } from './views/App';

const root = document.getElementById('app');
if (root) render(<App />, root);
void register();
