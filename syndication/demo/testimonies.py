"""Invented testimonies, with the texture of real ones: short, spoken, uneven. Nobody wrote them, nobody is in them."""

SUBJECTS_OF: dict[str, tuple[str, ...]] = {
    "recherche.conseil": ("recherche_entreprise",),
    "journee_cfa": ("enseignement",),
    "journee_entreprise": ("journee_type", "metier"),
}
"""What the demonstration's moderator says of texts by their question."""
TELLING_WORDS = (
    ("horaire", "horaires"), ("heures", "horaires"), ("vacances", "vacances"), ("ambiance", "ambiance"),
    ("atelier", "equipements"), ("semaine", "rythme"), ("travail", "charge"),
)  # fmt: skip
"""Words by which that moderator recognises a subject."""
REPLIES: tuple[tuple[str, str], ...] = (
    (
        "Les ateliers sont bien équipés",
        "Merci de le dire. La chaudière du bâtiment des cours a été changée en septembre : on attend vos nouvelles.",
    ),
    (
        "Le CFA avait une liste",
        "La liste est tenue par notre pôle entreprises. On peut aussi passer répéter son appel le mercredi après-midi.",
    ),
)
"""What an invented centre replies to texts that begin so."""

PUBLISHED: dict[str, tuple[tuple[str, str], ...]] = {
    "cuisine": (
        ("changement", "On te parle comme à un adulte. En cuisine si t'es pas là tout le monde le sent, alors qu'au collège on "
                       "remarquait même pas mon absence."),
        ("changement", "Je me lève plus tôt mais je me plains moins. Avant je m'ennuyais sur une chaise, maintenant la journée "
                       "passe vite."),
        ("changement", "Le salaire ! Et d'apprendre en faisant."),
        ("changement", "moins de vacances mais on s'y fait, surtout quand on voit la paie arriver"),
        ("recherche.conseil", "J'ai fait 14 restaurants à pied avec mes CV entre 15h et 17h, jamais pendant le service sinon ils "
                              "t'écoutent pas. Le quinzième m'a pris en stage une semaine puis en contrat."),
        ("recherche.conseil", "Le CFA avait une liste, j'ai appelé tout le monde. Prépare deux phrases avant d'appeler, moi au "
                              "début je raccrochais de peur."),
        ("recherche.conseil", "Proposer une journée d'essai gratuitement, c'est là qu'ils voient si tu tiens debout."),
        ("recherche.conseil", "J'ai trouvé par ma tante qui connaissait le patron."),
        ("a_savoir", "Qu'il faut de bonnes chaussures de sécurité. Ça paraît bête mais après dix heures debout tu comprends. "
                     "Et que les fêtes, Noël, le jour de l'an, la fête des mères, ce sont nos plus grosses journées : la famille "
                     "doit le savoir aussi. Moi la première année j'ai mal vécu de rater l'anniversaire de ma sœur, maintenant on "
                     "le fait le lundi et tout le monde est content."),
        ("a_savoir", "La coupure de l'après-midi, personne te prévient. Deux heures et demie à attendre si t'habites loin."),
        ("a_savoir", "Que le coup de feu c'est comme un match, on crie mais c'est pas contre toi."),
        ("journee_cfa", "TP cuisine de 8h à midi, on mange ce qu'on a fait, et l'après-midi français maths et un peu d'anglais. "
                        "Le mardi c'est hygiène, c'est long mais ça tombe à l'examen."),
        ("journee_cfa", "On refait au CFA ce qu'on n'a pas le temps de faire proprement au resto. Le prof montre deux fois et "
                        "après c'est à nous."),
        ("journee_cfa", "Les ateliers sont bien équipés, par contre les salles de cours il y fait froid l'hiver."),
        ("journee_cfa", "Une semaine sur trois. Bonne ambiance, on est douze."),
        ("journee_entreprise", "J'arrive à 9h, j'épluche, je taille, je prépare les garnitures. Service à midi, je suis aux entrées. "
                               "Ensuite la plonge avec tout le monde, coupure, et on remet ça le soir deux fois par semaine."),
        ("journee_entreprise", "Au début que des oignons. Maintenant je fais les sauces et le chef goûte juste à la fin."),
        ("journee_entreprise", "Mise en place, service, nettoyage. On finit rarement à l'heure marquée mais on récupère."),
        ("journee_entreprise", "Je suis aux desserts, c'est calme le matin et la course à 14h quand tout le monde les demande."),
        ("a_savoir", "qu'on a le droit de dire non aux heures en plus quand on est mineur"),
        ("changement", "J'ai redoublé ma troisième, ici je suis dans les premiers. Ça change la tête."),
        ("recherche.conseil", "Regarder les petits restos, pas que les grands noms. On m'apprend tout parce qu'on est quatre."),
        ("journee_cfa", "On a un restaurant d'application, les vrais clients viennent le jeudi midi, t'as la pression mais la bonne."),
        ("journee_entreprise", "Cantine d'un lycée, donc pas de soir ni de week-end. On pense jamais à ça quand on dit cuisine."),
        ("changement", "J'ai appris à dire bonjour en regardant les gens. Mes parents disent que j'ai grandi."),
    ),
    "coiffure": (
        ("changement", "Je suis debout toute la journée mais je vois le résultat tout de suite sur la tête des gens."),
        ("recherche.conseil", "Va dans les salons le mardi matin, c'est calme, et viens coiffée ! Ils regardent ça d'abord."),
        ("a_savoir", "Qu'on passe les premiers mois à faire des shampoings et balayer. Ça paraît long mais c'est là qu'on apprend à "
                     "parler aux clientes."),
        ("journee_cfa", "On s'entraîne sur tête malléable puis sur des modèles. Ramenez vos copines, il manque toujours des modèles."),
        ("journee_entreprise", "Samedi c'est la folie, onze clientes. Le mercredi je peux m'entraîner aux couleurs avec ma tutrice."),
        ("a_savoir", "Le prix de la mallette : demande l'aide avant de l'acheter, on me l'a dit trop tard."),
        ("changement", "J'ose parler maintenant."),
    ),
    "commerce": (
        ("changement", "Deux jours d'école, trois jours de magasin. Les cours parlent de ce que j'ai vécu la veille, c'est "
                       "beaucoup plus facile à retenir."),
        ("recherche.conseil", "J'ai envoyé quarante mails et eu trois réponses. En magasin directement, cinq visites et deux oui."),
        ("recherche.conseil", "Commencer en février, pas en août. En août il reste les contrats dont personne ne veut."),
        ("a_savoir", "Que la charge de travail au CFA est réelle : dossiers à rendre, et on rentre à 20h du magasin. Il faut "
                     "s'organiser dès septembre."),
        ("journee_cfa", "Cours de gestion, de droit, d'anglais, et des mises en situation filmées. On déteste au début."),
        ("journee_entreprise", "Ouverture, réception de la livraison, mise en rayon, puis je tiens la caisse et je conseille. Depuis "
                               "janvier je fais les plannings avec la responsable."),
        ("journee_entreprise", "beaucoup de rayon, un peu trop à mon goût, mais je vends vraiment depuis cette année"),
        ("a_savoir", "Les chiffres affichés en réserve : tout le monde voit qui vend quoi. Faut s'y préparer."),
        ("changement", "Je gagne ma vie, j'ai pris une coloc."),
    ),
    "mecanique": (
        ("journee_entreprise", "Vidanges et pneus le matin, l'après-midi on me laisse chercher une panne avec la valise. J'adore."),
        ("a_savoir", "Faut aimer l'électronique autant que les clés."),
    ),
    "electricite": (
        ("changement", "Je sais à quoi sert ce qu'on apprend. Les maths c'est pour calculer une section de câble."),
        ("changement", "On bouge, jamais deux fois le même chantier."),
        ("recherche.conseil", "Demande sur les chantiers près de chez toi, note le nom sur la camionnette et appelle le soir."),
        ("recherche.conseil", "le forum des métiers, j'y suis allé pour sécher et j'ai trouvé mon patron"),
        ("recherche.conseil", "Avoir le permis ou le scooter débloque tout, les chantiers commencent à 7h30."),
        ("a_savoir", "Qu'on a froid l'hiver tant que le bâtiment n'est pas fermé. Achète des sous-vêtements chauds."),
        ("a_savoir", "L'habilitation électrique, on la passe au CFA, sans ça on ne te laisse rien brancher."),
        ("a_savoir", "Le CFA peut t'aider pour le logement quand l'entreprise est loin, il faut juste demander."),
        ("journee_cfa", "Atelier câblage sur panneau, on fait sauter des disjoncteurs et on cherche pourquoi. Les profs viennent "
                        "du métier."),
        ("journee_cfa", "cours le matin atelier l'aprem, cantine correcte, internat pour ceux qui habitent loin"),
        ("journee_cfa", "C'est dense, en une semaine on fait ce que le lycée fait en trois, il faut suivre."),
        ("journee_entreprise", "On charge la camionnette à 7h, on tire des gaines, on pose les boîtes. Mon tuteur me laisse câbler les "
                               "tableaux depuis Pâques, il vérifie tout après."),
        ("journee_entreprise", "Rénovation d'appartements. Les clients sont là, il faut être propre et poli, ça s'apprend aussi."),
        ("journee_entreprise", "Beaucoup de saignées dans les murs, de la poussière, et le plaisir quand la lumière s'allume."),
    ),
}  # fmt: skip
"""Texts that a moderator published, by trade: (question, text)."""

REFUSED: tuple[tuple[str, str, str, str], ...] = (
    ("cuisine", "a_savoir", "rien", "vide"),
    ("cuisine", "journee_entreprise", "Mon tuteur s'appelle Jean-Exemple Dupont-Fictif et il arrive toujours en retard.", "personne"),
    ("commerce", "recherche.conseil", "Achetez vos CV sur exemple-de-pub.invalid, moins 20 %", "publicite"),
    ("electricite", "changement", "ptdr", "vide"),
    ("coiffure", "journee_cfa", "vive le foot", "hors_sujet"),
)  # fmt: skip
"""Texts that were refused: trade, question, text, reason."""

WAITING: tuple[tuple[str, str, str], ...] = (
    ("cuisine", "recherche.conseil", "Garde une chemise propre dans ton sac quand tu déposes tes CV, on m'a pris à l'essai "
                                     "le jour même."),
    ("cuisine", "journee_entreprise", "Je fais le petit déjeuner d'un hôtel, 5h du matin, mais à 13h j'ai fini et j'ai mon après-midi."),
    ("cuisine", "a_savoir", "Mme Fictive-Exemple en pâtisserie note très dur la première année puis elle devient super."),
    ("coiffure", "changement", "J'ai trouvé ce que j'aime, mes mains savent des choses que je n'ai pas apprises par cœur."),
    ("commerce", "journee_entreprise", "bof"),
    ("electricite", "recherche.conseil", "N'attends pas que le CFA trouve pour toi, mais va les voir, ils ont relu ma lettre deux fois."),
    ("mecanique", "changement", "Je répare au lieu de rester assis. Même les cours passent mieux."),
)  # fmt: skip
"""Texts that wait for a moderator: trade, question, text."""
