"""Names made up for tests: listed people and how else they may be written, and honest strangers.

Nobody here is meant; given names and family names are common ones of their countries, combined by
hand and by a seeded generator. `LISTED` is how a list would have it. `SPELLINGS` is how the same
person may write it: other scripts, other romanisations, other orders, left-out parts, mistakes.
"""

import random
from datetime import date, timedelta

LISTED: dict[str, str] = {
    "r1": "Sergei Vladimirovich KUZNETSOV",
    "r2": "Yuliya ZHUKOVA",
    "r3": "Aleksandr SHCHERBAKOV",
    "r4": "Evgeniy TSVETKOV",
    "u1": "Oleksiy KHOMENKO",
    "a1": "Muhammad Abd al-Rahman AL-HUSSEINI",
    "a2": "Khalid bin Yusuf AL-QAHTANI",
    "a3": "Abu Bakr NASSER",
    "a4": "Umar FAROUQ",
    "p1": "Hossein REZAEI",
    "p2": "Gholamreza MOHAMMADI",
    "k1": "KIM Yong Chol",
    "k2": "PAK Chun Il",
    "c1": "WANG Xiaoming",
    "c2": "ZHANG Guoqiang",
    "h1": "José Antonio GARCÍA MUÑOZ",
    "h2": "Joaquín HERNÁNDEZ PÉREZ",
    "g1": "Jürgen MÜLLER-SCHÖNFELD",
    "s1": "Đorđe PETROVIĆ",
    "s2": "Slobodan JOVANOVIĆ",
    "t1": "Mehmet Çağlar YILDIRIM",
    "e1": "Giorgi KAPANADZE",
    "y1": "Nikolaos PAPADOPOULOS",
    "m1": "Aung Kyaw HTUN",
}

SPELLINGS: dict[str, list[str]] = {
    "r1": [
        "Сергей Кузнецов",
        "Sergey Kuznetsov",
        "Serguei Kouznetsov",
        "Sergej Kusnezow",
        "KUZNETSOV Sergei",
        "Кузнецов Сергей Владимирович",
        "Sergei Kuznetzov",
    ],
    "r2": ["Юлия Жукова", "Julia Zhukova", "Yulia Jukova", "Yuliia Zhukova", "Zhukova Yuliya"],
    "r3": ["Александр Щербаков", "Alexander Shcherbakov", "Aleksandr Scherbakov"],
    "r4": ["Евгений Цветков", "Yevgeny Tsvetkov", "Evgeny Tzvetkov", "Jewgeni Zwetkow"],
    "u1": ["Олексій Хоменко", "Oleksii Khomenko", "Alexei Khomenko"],
    "a1": [
        "محمد عبد الرحمن الحسيني",
        "Mohammed Abdulrahman Al Husseini",
        "Mohamed Abdel Rahman El-Husseini",
        "Muhammad Abdurrahman Alhusayni",
        "Mohammad Abd Rahman Husseini",
    ],
    "a2": ["Khaled Yousef Al Qahtani", "Khalid Yusuf Alkahtani", "Khaled bin Youssef al-Qahtany"],
    "a3": ["Abou Bakr Nasser", "Abubakr Nasir", "Abu Bakar Naser", "أبو بكر ناصر"],
    "a4": ["Omar Farouk", "Omer Faruq", "Umar Faruk", "عمر فاروق"],
    "p1": ["Hussein Rezaei", "Hosein Rezayi", "حسین رضایی", "Hossein Rezai"],
    "p2": ["Gholam Reza Mohammadi", "Gholamreza Mohamadi", "Qolamreza Mohammadi"],
    "k1": ["Kim Yong-chol", "Kim Yŏng-ch'ŏl", "Yong Chol Kim", "김영철"],
    "k2": ["Pak Chun-il", "Park Chun Il", "박춘일"],
    "c1": ["王晓明", "Xiaoming Wang", "Wang Xiao Ming", "WANG XIAO-MING"],
    "c2": ["张国强", "Guoqiang Zhang", "Zhang Guo Qiang"],
    "h1": ["Jose Antonio Garcia Munoz", "José García Muñoz", "Jose A. Garcia Munoz"],
    "h2": ["Joaquin Hernandez Perez", "Joaquín Hernández", "Hernández Pérez Joaquín"],
    "g1": ["Juergen Mueller-Schoenfeld", "Jurgen Muller Schonfeld", "Jürgen Müller Schönfeld"],
    "s1": ["Ђорђе Петровић", "Djordje Petrovic", "Dorde Petrovic", "Đorđe Petrović"],
    "s2": ["Слободан Јовановић", "Slobodan Jovanovic", "Slobodan Yovanovich"],
    "t1": ["Mehmet Caglar Yildirim", "Mehmet Yıldırım", "Mehmet Çaglar Yildirım"],
    "e1": ["გიორგი კაპანაძე", "Georgi Kapanadze", "Giorgi Kapanadse"],
    "y1": ["Νικόλαος Παπαδόπουλος", "Nikolaos Papadopulos", "Nicolaos Papadopoulos"],
    "m1": ["Aung Kyaw Tun", "Aung Kyaw Htun", "Kyaw Htun Aung"],
}

_GIVEN_TEXT = """
    James Mary John Patricia Robert Linda Michael Barbara William Susan David Karen Richard Lisa
    Thomas Nancy Lukas Anna Felix Sophie Maximilian Lena Pierre Camille Luc Chloé Giulia Marco
    Francesca Carlos María Javier Lucía Miguel Sofía João Beatriz Pedro Ingrid Lars Astrid Erik
    Katarzyna Piotr Agnieszka Tomasz Ivan Dmitri Natalia Olga Elena Andrei Mihai Ioana Georgios
    Eleni Ahmed Fatima Omar Aisha Yusuf Leila Hassan Zainab Ali Mariam Hiroshi Yuki Kenji Sakura
    Wei Li Min Jing Hyun Ji-woo Minh Linh Arjun Priya Rahul Anjali Emeka Ngozi Kwame Ama Thabo
"""
_FAMILY_TEXT = """
    Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Moore Martin Jackson
    Thompson White Müller Schmidt Schneider Fischer Weber Wagner Becker Dubois Laurent Lefebvre
    Moreau Rossi Bianchi Ferrari Romano González Rodríguez Fernández López Martínez Sánchez
    Silva Santos Oliveira Johansson Nilsson Larsen Hansen Kowalski Nowak Wiśniewski Novak Horvat
    Popescu Ionescu Ivanov Smirnov Volkov Morozov Papadakis Georgiou Khan Hussain Ahmad Rahman
    Hassan Mansour Haddad Tanaka Suzuki Watanabe Chen Liu Huang Zhao Lee Choi Nguyen Tran Pham
    Patel Sharma Singh Kumar Okafor Mensah Dlamini Cohen Levi Yılmaz Kaya Demir
"""

_GIVEN = tuple(_GIVEN_TEXT.split())
_FAMILY = tuple(_FAMILY_TEXT.split())


def honest(count: int, seed: int = 11) -> list[tuple[str, date]]:
    """Names and birthdays of strangers; about one in four has three words."""
    chance = random.Random(seed)
    found: list[tuple[str, date]] = []
    for _ in range(count):
        parts = [chance.choice(_GIVEN), chance.choice(_FAMILY)]
        if chance.random() < 0.25:
            parts.insert(1, chance.choice(_GIVEN))
        born = date(1950, 1, 1) + timedelta(days=chance.randrange(55 * 365))
        found.append((" ".join(parts), born))
    return found
