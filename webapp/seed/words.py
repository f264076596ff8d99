"""The words that fictional people and rooms are made of."""

_FIRST = """
Adaeze Aino Amrit Anselm Aurèle Baptiste Bojana Calista Cosmin Dagny Désirée Edvin Elodie Emre Farida Fenna
Gaspard Greta Halvard Hanae Ilona Imre Ines Jonas Juna Kaito Kerstin Lamine Léonie Lotte Maarten Malika
Marisol Milan Nadia Nils Noor Odile Oksana Ottilie Pavel Perrine Quentin Rania Rasmus Romy Sanna Séverin Soren
Sunniva Tamsin Théa Tomasz Ulysse Vesna Wanda Xenia Yannick Yuna Zélie
"""
_LAST = """
Achterberg Alvinet Baptiste Brandvold Brunswick Castaing Cordonnier Dahlqvist Delavigne Eikeland Falkner
Garnault Haddad Hollander Ibarra Jankowski Kerguelen Kovalenko Lachance Lindqvist Mabille Marchetti Nakagawa
Novotny Oduya Okafor Pellerin Petrescu Quillfeldt Rasmussen Rivoire Sandoval Schreiber Taillandier Thorsen
Umarov Vandermeer Verhaegen Wallander Wren Xanthos Yamada Zielinski
"""
_TOPICS = """
Budget round, Weekly stand-up, Job interview, Board, Press briefing, Crisis desk, Onboarding, Works council,
Design review, Parents' evening, Tele-consultation, Town hall, Language class, Lecture, Jury,
Hiring committee, Project Heron, Project Larch, Data protection, Procurement, Site visit, Shift handover,
Legal hour, Book club, Choir rehearsal, Research seminar, Helpline, Supervision, Mediation, Translation desk
"""
_PLACES = """
north, south, harbour, hillside, riverside, old town, station, annex, ground floor, third floor, Tuesday,
Thursday, spring, autumn, group A, group B, group C, open, internal, regional
"""

FIRST, LAST = tuple(_FIRST.split()), tuple(_LAST.split())
TOPICS, PLACES = (tuple(word.strip() for word in text.split(",")) for text in (_TOPICS, _PLACES))
REASONS = ("was read out in a meeting", "left the team", "new semester", "asked by the owner", "")
