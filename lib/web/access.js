'use strict';
/// The listener's access token, for servers that require one: from the address (#token=...), a cookie, the operator's URL, or typed in. A
/// cookie keeps it, which goes with every request to this server, also with those of <audio> and <img>.
class Access extends EventTarget {
    /// @param url  gives tokens, to whom the operator's own cookies tell who listens; '': there is none
    constructor(url) {
        super();
        Object.assign(this, {url, shown: {token: '', id: '', kbps: 0}, later: 0, due: 0, renewing: null, form: null});
        const given = new URLSearchParams(location.hash.slice(1)).get('token')?.trim();
        if (given) history.replaceState(null, '', location.pathname + location.search);  // nobody copies it with the address
        if (url) {
            // timers stand still while a computer sleeps
            const wake = () => { if (this.due && Date.now() >= this.due && !document.hidden) this.renew(); };
            document.addEventListener('visibilitychange', wake);
            addEventListener('online', wake);
            this.renew();
            return;
        }
        this.adopt(document.cookie.match(/(?:^|; )URISigningPackage=([^;]*)/)?.[1]);
        if (given && given !== this.shown.token) this.consider(given);
    }

    /// What a token says of itself; null: it is none. It becomes a part of a cookie and of header fields: no other characters are in it.
    static read(token) {
        try {
            if (token.length > 4000 || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return null;
            const claims = token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
            const {exp = 0, jti = '', stretto_kbps = 0} = JSON.parse(decodeURIComponent(escape(atob(claims))));
            return {token, expires: +exp || 0, id: String(jti), kbps: +stretto_kbps || 0};
        } catch { return null; }
    }
    adopt(token) {
        const read = token && Access.read(token);
        if (!read) return false;
        this.shown = {token, id: read.id, kbps: read.kbps};
        if (this.url) {
            const left_s = read.expires ? read.expires - Date.now() / 1000 : Infinity;
            this.renew_in(1000 * Math.min(86400, Math.max(30, left_s * 4 / 5)));
        }
        this.form?.remove();
        this.dispatchEvent(new Event('change'));
        return true;
    }
    renew_in(ms) {
        clearTimeout(this.later);
        this.due = Date.now() + ms;
        this.later = setTimeout(() => this.renew(), ms);
    }
    /// A new one. @param most_s  to keep it for
    take(token, most_s = Infinity) {
        const text = token.trim();
        if (!this.adopt(text)) return false;
        const secure = location.protocol === 'https:' ? '; Secure' : '', {expires} = Access.read(text);
        const age = Math.min(most_s, Math.max(0, Math.floor(expires - Date.now() / 1000)));
        document.cookie = `URISigningPackage=${text}; Path=/; SameSite=Strict${expires ? '; Max-Age=' + age : ''}${secure}`;
        return true;
    }
    /// A token of a link, which may be anybody's: plays count for whoever it names. It does not replace a valid one unasked, nor stay long.
    consider(given) {
        const day_s = 86400, mine = this.shown.token && Access.read(this.shown.token), read = Access.read(given);
        if (!read) return;
        if (!mine || (mine.expires && mine.expires < Date.now() / 1000)) return this.take(given, day_s);
        const keep = Object.assign(document.createElement('button'), {type: 'button', textContent: 'Keep mine'});
        keep.onclick = () => this.form.remove();
        this.show_form('This link brings another access token than the one that you use.', 'Use that of the link', [keep],
                       () => this.take(given, day_s));
    }
    /// From the operator's URL: a token alone, or {"token": "..."}. Who asks while one is on its way waits for that.
    /// @return whether there is a new one
    renew() { return this.renewing ??= this.fetch_one().finally(() => { this.renewing = null; }); }
    async fetch_one() {
        this.due = 0;
        clearTimeout(this.later);
        const answer = await fetch(this.url, {credentials: 'include', cache: 'no-store'}).catch(() => null);
        const text = answer?.ok ? (await answer.text().catch(() => '')).trim() : '';
        let token = text;
        try { token = JSON.parse(text).token; } catch { /* a token alone */ }
        if (token && this.take(String(token))) return true;
        this.renew_in(30000);
        return false;
    }
    /// A request was answered with this status. @return whether there is a new token, to ask once more with
    async renewed(status) { return status === 401 && this.url !== '' && this.renew(); }
    /// A request was answered with this status. @return what that means for people, and then asks for a token; '': it is not about tokens
    refused(status) {
        const why = status === 401 ? this.shown.token ? 'The access token is not valid, or no longer.' : 'This song needs an access token.'
                  : status === 403 && this.shown.token ? 'The access token is not for this song.' : '';
        if (why) this.ask(why.slice(0, -1));
        return why;
    }
    /// Something was refused: ask the listener for a token, or another one, if the operator's URL gives none. @param why  to show
    ask(why) {
        if (this.url) return;
        const field = Object.assign(document.createElement('input'), {type: 'password', autocomplete: 'off', required: true, id: 'token'});
        field.setAttribute('aria-label', 'Access token');
        this.show_form(why[0].toUpperCase() + why.slice(1) + '.', 'Use this token', [field], say => {
            if (!this.take(field.value)) say.textContent = 'This is not an access token.';
        });
    }
    show_form(why, button, parts, then) {
        this.form?.remove();
        const say = Object.assign(document.createElement('p'), {textContent: why});
        this.form = Object.assign(document.createElement('form'), {id: 'access'});
        this.form.append(say, ...parts, Object.assign(document.createElement('button'), {textContent: button}));
        this.form.onkeydown = event => event.stopPropagation();  // the page's keys are letters, too
        this.form.onsubmit = event => {
            event.preventDefault();
            then(say);
        };
        document.querySelector('main, body').prepend(this.form);
    }
}
const access = new Access('{tokens}'), other_edges = '{edges}'.split(' ').filter(Boolean);
