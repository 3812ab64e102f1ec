'use strict';
/// The listener's access token, for servers that require one: from the address (#token=...), a cookie, the operator's URL, or typed in. A
/// cookie keeps it, which goes with every request to this server, also with those of <audio> and <img>.
class Access extends EventTarget {
    /// @param url  gives tokens, to whom the operator's own cookies tell who listens; '': there is none
    constructor(url) {
        super();
        Object.assign(this, {url, shown: {token: '', id: '', kbps: 0}, later: 0, form: null});
        const given = new URLSearchParams(location.hash.slice(1)).get('token');
        if (given) {
            history.replaceState(null, '', location.pathname + location.search);  // nobody copies it with the address
            this.take(given);
        } else if (!url) {
            this.adopt(document.cookie.match(/(?:^|; )URISigningPackage=([^;]*)/)?.[1]);
        } else {
            this.renew();
        }
    }

    /// What a token says of itself; null: it is none.
    static read(token) {
        try {
            const claims = token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
            const {exp = 0, jti = '', stretto_kbps = 0} = JSON.parse(decodeURIComponent(escape(atob(claims))));
            return {token, expires: +exp, id: String(jti), kbps: +stretto_kbps || 0};
        } catch { return null; }
    }
    adopt(token) {
        const read = token && Access.read(token);
        if (!read) return false;
        this.shown = {token, id: read.id, kbps: read.kbps};
        clearTimeout(this.later);
        const left = read.expires - Date.now() / 1000;
        if (this.url) this.later = setTimeout(() => this.renew(), 1000 * Math.min(86400, Math.max(30, left * 4 / 5)));
        this.form?.remove();
        this.dispatchEvent(new Event('change'));
        return true;
    }
    /// A new one.
    take(token) {
        if (!this.adopt(token.trim())) return false;
        const secure = location.protocol === 'https:' ? '; Secure' : '', {expires} = Access.read(token);
        const age = Math.max(0, Math.floor(expires - Date.now() / 1000));
        document.cookie = `URISigningPackage=${token.trim()}; Path=/; SameSite=Strict${expires ? '; Max-Age=' + age : ''}${secure}`;
        return true;
    }
    /// From the operator's URL: a token alone, or {"token": "..."}.
    async renew() {
        clearTimeout(this.later);
        const answer = await fetch(this.url, {credentials: 'include', cache: 'no-store'}).catch(() => null);
        const text = answer?.ok ? (await answer.text().catch(() => '')).trim() : '';
        let token = text;
        try { token = JSON.parse(text).token; } catch { /* a token alone */ }
        if (!token || !this.take(String(token))) this.later = setTimeout(() => this.renew(), 30000);
    }
    /// A request was answered with this status. @return what that means for people, and then asks for a token; '': it is not about tokens
    refused(status) {
        const why = status === 401 ? this.shown.token ? 'The access token is not valid, or no longer.' : 'This song needs an access token.'
                  : status === 403 && this.shown.token ? 'The access token is not for this song.' : '';
        if (why) this.ask(why.slice(0, -1));
        return why;
    }
    /// Something was refused: ask the listener for a token, or another one. @param why  to show
    ask(why) {
        this.form?.remove();
        const field = Object.assign(document.createElement('input'), {type: 'password', autocomplete: 'off', required: true, id: 'token'});
        field.setAttribute('aria-label', 'Access token');
        const say = Object.assign(document.createElement('p'), {textContent: why[0].toUpperCase() + why.slice(1) + '.'});
        this.form = Object.assign(document.createElement('form'), {id: 'access'});
        this.form.append(say, field, Object.assign(document.createElement('button'), {textContent: 'Use this token'}));
        this.form.onkeydown = event => event.stopPropagation();  // the page's keys are letters, too
        this.form.onsubmit = event => {
            event.preventDefault();
            if (!this.take(field.value)) say.textContent = 'This is not an access token.';
        };
        document.querySelector('main, body').prepend(this.form);
    }
}
const access = new Access('{tokens}'), other_edges = '{edges}'.split(' ').filter(Boolean);
