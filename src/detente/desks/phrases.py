"""Fixed phrases for the line, in three languages, word for word: what an officer reads where the node cannot speak.

One catalogue, so that card, form and screen say the same. The Russian and Arabic texts are translations by the authors
and marked unreviewed wherever they are shown: have them read by somebody who speaks the language before you rely on them.
Names in braces are filled in: {us} who speaks, {them} who listens, {what} the scope, {reason}, {time}.
"""

from __future__ import annotations

from typing import NamedTuple

LANGUAGES = {"en": "English", "ru": "Russian (unreviewed)", "ar": "Arabic (unreviewed)"}


class Phrase(NamedTuple):
    """The same in each language. `strike`: it speaks of a strike, so the words of 00-product may not stand in it."""

    en: str
    ru: str
    ar: str
    strike: bool = False

    def spoken(self, language: str, **named: str) -> str:
        """The phrase in a language, its names filled in."""
        text: str = getattr(self, language)
        return text.format(**named)


PHRASES: dict[str, Phrase] = {
    "call": Phrase(
        "This is {us}, watch of the operations centre. I speak to whoever is on watch. I do not need my usual contact.",
        "Говорит {us}, дежурная смена оперативного центра. Обращаюсь к любому дежурному. Мой обычный собеседник не нужен.",
        "هنا {us}، مناوبة مركز العمليات. أخاطب أي مناوب. لا أحتاج إلى جهة الاتصال المعتادة.",
    ),
    "stop": Phrase(
        "STOP. STOP. STOP. Stop all strikes: {what}. Reason: {reason}. It holds from now on, until we lift it or its time ends.",
        "СТОП. СТОП. СТОП. Прекратите все удары: {what}. Причина: {reason}. Действует с этой минуты, пока мы не отменим "
        "или не истечёт срок.",
        "توقف. توقف. توقف. أوقفوا جميع الضربات: {what}. السبب: {reason}. يسري من الآن حتى نرفعه أو تنتهي مدته.",
        strike=True,
    ),
    "repeat": Phrase(
        "Repeat it to me word for word, then tell me your post and the time.",
        "Повторите дословно, затем назовите ваш пост и время.",
        "أعد ما قلته كلمة بكلمة، ثم اذكر موقعك والوقت.",
    ),
    "acknowledge": Phrase(
        "STOP heard and read. I am the post {post}. Time {time}. I pass it on now. A reason follows within 15 minutes.",
        "СТОП принят и прочитан. Пост {post}. Время {time}. Передаю дальше. Причина последует в течение 15 минут.",
        "سُمع التوقف وقُرئ. الموقع {post}. الوقت {time}. أنقله الآن. يتبع السبب خلال 15 دقيقة.",
        strike=True,
    ),
    "lift": Phrase(
        "We lift our STOP of {time}: {what}. Everything else that was agreed holds as before.",
        "Мы отменяем наш СТОП от {time}: {what}. Всё прочее, о чём договорились, действует по-прежнему.",
        "نرفع توقفنا الصادر في {time}: {what}. يبقى كل ما اتُّفق عليه سواه ساريًا.",
        strike=True,
    ),
    "silent": Phrase(
        "Nothing your node says has reached us since {time}. We take silence for nothing. What is protected stays protected. "
        "Who is on watch?",
        "От вашего узла до нас ничего не доходило с {time}. Молчание ничего не означает. Что защищено, остаётся под защитой. "
        "Кто на дежурстве?",
        "لم يصلنا شيء من عقدتكم منذ {time}. الصمت لا يعني شيئًا. ما هو محمي يبقى محميًا. من المناوب؟",
    ),
    "line test": Phrase(
        "Line test at {time}. Answer with your post.",
        "Проверка линии, время {time}. Ответьте, назвав ваш пост.",
        "اختبار الخط، الوقت {time}. أجب بذكر موقعك.",
    ),
    "suspended": Phrase(
        "The joint part is suspended. Air notices, the line, STOP, protected places, grounding and watching go on.",
        "Совместная часть приостановлена. Уведомления о полётах, линия, СТОП, защищённые места, запрет полётов и "
        "наблюдение продолжаются.",
        "الجزء المشترك معلّق. تستمر إشعارات الطيران والخط والتوقف والأماكن المحمية وحظر الطيران والمراقبة.",
    ),
}
